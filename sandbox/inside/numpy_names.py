"""What a NumPy kernel may import: arrays, arithmetic, linear algebra.

Left out: files, raw memory (as_strided, ctypeslib), text as code, random numbers, and what only reaches out. Plain
text, so that the policy checker knows it without loading NumPy.
"""

MODULES = {
    "numpy": (
        "abs absolute add all allclose amax amin any append arange argmax argmin argpartition argsort argwhere array "
        "array_equal array_split ascontiguousarray asfortranarray asarray atleast_1d atleast_2d atleast_3d average "
        "bincount bitwise_and bitwise_or bitwise_xor block broadcast_arrays broadcast_shapes broadcast_to c_ ceil "
        "clip column_stack compress concatenate conj conjugate convolve copy copysign copyto correlate cos cosh "
        "count_nonzero cross cumprod cumsum cumulative_sum diag diag_indices diagflat diagonal diff digitize divide "
        "divmod dot dsplit dstack dtype e ediff1d einsum einsum_path empty empty_like equal errstate exp exp2 "
        "expand_dims expm1 extract eye fabs fft fill_diagonal finfo flatnonzero flip fliplr flipud float32 float64 "
        "floating floor floor_divide fmax fmin fmod frexp full full_like gradient greater greater_equal histogram "
        "hsplit hstack hypot identity iinfo indices inf inner insert int16 int32 int64 int8 integer interp "
        "intersect1d intp invert isclose isfinite isinf isnan isin ix_ kron ldexp left_shift less less_equal lexsort "
        "linalg linspace log log10 log1p log2 logaddexp logical_and logical_not logical_or logical_xor logspace "
        "matmul matrix_transpose matvec max maximum mean median meshgrid mgrid min minimum mod modf moveaxis multiply "
        "nan nan_to_num nanmax nanmean nanmin nansum ndarray ndim ndindex ndenumerate negative newaxis nextafter "
        "nonzero not_equal number ogrid ones ones_like outer pad partition percentile permute_dims pi place positive "
        "power prod ptp put putmask quantile r_ ravel ravel_multi_index reciprocal remainder repeat reshape resize "
        "right_shift roll rollaxis rot90 round s_ searchsorted select setdiff1d shape sign signbit sin sinh size sort "
        "split sqrt square squeeze stack std subtract sum swapaxes take take_along_axis tan tanh tensordot tile trace "
        "transpose trapezoid tri tril tril_indices triu triu_indices true_divide trunc uint16 uint32 uint64 uint8 "
        "union1d unique unravel_index unwrap vander var vdot vecdot vecmat vsplit vstack where zeros zeros_like bool "
        "bool_ complex128 complex64 float16 generic"
    ).split(),
    "numpy.linalg": (
        "cholesky cond det eig eigh eigvals eigvalsh inv lstsq matmul matrix_norm matrix_power matrix_rank multi_dot "
        "norm outer pinv qr slogdet solve svd tensordot vecdot vector_norm LinAlgError"
    ).split(),
    "numpy.fft": (
        "fft fft2 fftfreq fftn fftshift ifft ifft2 ifftn ifftshift irfft irfft2 irfftn rfft rfft2 rfftfreq rfftn"
    ).split(),
    "numpy.lib.stride_tricks": ("sliding_window_view").split(),
}
