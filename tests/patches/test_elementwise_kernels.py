"""The kernels of norms, rotary embedding, sinks and sums by token, against torch: interpreted, and on a GPU."""

import importlib.util
import os
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from transformers.models.gpt_oss import modeling_gpt_oss  # noqa: E402

from assay.patches import attention_sinks, grouped, norms, rotary  # noqa: E402

TRITON = importlib.util.find_spec("triton") is not None
ROTATED = [(2, 1, 5, 7, 16), (2, 2, 8, 3, 64), (3, 1, 1, 5, 8)]  # batch, of the angles, heads, tokens, width


def angles(batch, tokens, width):
    angle = torch.randn(batch, tokens, width // 2)
    return angle.cos(), angle.sin()


def rotated_by(device):
    """Largest differences to transformers' own function: of the result, and of turning it back."""
    from assay.patches import rotary_kernels

    for batch, of_angles, heads, tokens, width in ROTATED:
        x = torch.randn(batch, tokens, heads, width).transpose(1, 2)
        cos, sin = angles(of_angles, tokens, width)
        expected = modeling_gpt_oss._apply_rotary_emb(x, cos.unsqueeze(1), sin.unsqueeze(1))
        x, cos, sin = x.to(device), cos.to(device), sin.to(device)
        out, back = (torch.empty(batch, tokens, heads, width, device=device) for _ in range(2))
        rotary_kernels.rotate(x, cos, sin, 1.0, out)
        rotary_kernels.rotate(out.transpose(1, 2), cos, sin, -1.0, back)
        yield (out.transpose(1, 2).cpu() - expected).abs().max(), (back.transpose(1, 2) - x).abs().max().cpu()


def turned_by(device):
    """Largest differences of the gradients of queries to those of transformers' own function, by autograd."""
    for batch, of_angles, heads, tokens, width in ROTATED:
        x = torch.randn(batch, tokens, heads, width)
        grad = torch.randn(batch, heads, tokens, width)
        cos, sin = angles(of_angles, tokens, width)
        found = []
        for place, rotate in (("cpu", modeling_gpt_oss._apply_rotary_emb), (device, rotary._Rotate.apply)):
            leaf, more = x.to(place).detach().requires_grad_(), () if rotate is rotary._Rotate.apply else (1,)
            turned = (part.unsqueeze(1) if more else part for part in (cos.to(place), sin.to(place)))
            out = rotate(leaf.transpose(1, 2), *turned)
            out.backward(grad.to(place))
            found.append((out.detach().cpu(), leaf.grad.cpu()))
        (theirs, their_grad), (ours, our_grad) = found
        yield (ours - theirs).abs().max(), (our_grad - their_grad).abs().max()


def normed_by(device):
    """Largest differences of the norm and of its gradient to torch's, at widths that are no power of two."""
    from assay.patches import norm_kernels

    for width in (1, 37, 300):
        x, weight, grad = torch.randn(7, width, requires_grad=True), torch.randn(width), torch.randn(7, width)
        expected = norms._Norm.apply(x, weight, 1e-5, 4)
        expected.backward(grad)
        given = [tensor.detach().to(device) for tensor in (x, weight, grad)]
        out, dx, scales = torch.empty_like(given[0]), torch.empty_like(given[0]), torch.empty(7, 1, device=device)
        norm_kernels.forward(given[0], given[1], 1e-5, out, scales)
        norm_kernels.backward(given[0], given[1], scales, given[2], dx)
        yield (out.cpu() - expected).abs().max(), (dx.cpu() - x.grad).abs().max()


def summed_by(device):
    """Largest differences of rows added up by token, weighted and not, tokens repeating."""
    from assay.patches import kernels

    rows, tokens, weights = torch.randn(9, 1500).bfloat16(), torch.randint(0, 4, (9,)), torch.rand(9)
    for given in (weights, None):
        expected, out = torch.zeros(4, 1500), torch.zeros(4, 1500, device=device)
        grouped.add_by_token(expected, tokens, rows, given)
        moved = None if given is None else given.to(device)
        kernels.add_by_token(rows.to(device), tokens.to(device), moved, out)
        yield (out.cpu() - expected).abs().max(), torch.tensor(0.0)


# Shape of the output, axis of the heads: a batch, sequences one behind the other, heads ahead of tokens; more tokens than
# a program takes, widths that are no power of two, one token.
SUNK = [((2, 150, 3, 24), -1), ((300, 4, 64), -1), ((2, 3, 70, 48), -2), ((1, 1, 2, 8), -1)]


def sunk_by(device):
    """Largest differences of output and log-sum-exp with the sink, and of the sink's gradient, relative."""
    for shape, axis in SUNK:
        out, grad = torch.randn(shape), torch.randn(shape)
        lse = torch.randn(shape[:-1]) * 8
        lse.flatten()[::5] = -torch.inf  # queries without keys
        if axis == -1:  # as FlashAttention lays it out
            lse = lse.transpose(-1, -2).contiguous().transpose(-1, -2)
            grad = grad.transpose(-2, -3).contiguous().transpose(-2, -3)
        sinks = torch.randn(shape[axis - 1]).bfloat16()
        sink = sinks if axis == -1 else sinks[:, None]
        expected, wanted = attention_sinks.add_sink(out.clone(), lse.clone(), sink)
        theirs = attention_sinks.sink_gradient(grad, expected, wanted, sink, axis)
        out, lse, grad, sinks = (x.to(device).clone() for x in (out, lse, grad, sinks))
        laid = attention_sinks._by_token(axis, grad, out, lse)
        sink_kernels = importlib.import_module("assay.patches.sink_kernels")
        sink_kernels.add_sink(*laid[1:], sinks)
        ours = sink_kernels.sink_gradient(*laid, sinks)
        assert torch.equal(out.cpu() == 0, expected == 0)  # queries without keys give nothing
        yield (out.cpu() - expected).abs().max(), (ours.cpu() - theirs).abs().max() / theirs.abs().max()
        yield ((lse.cpu() - wanted) / wanted.abs().clamp(min=1)).abs().max(), torch.tensor(0.0)


def agree(device):
    torch.manual_seed(0)
    for differences in (rotated_by(device), turned_by(device), normed_by(device), summed_by(device), sunk_by(device)):
        for result, gradient in differences:
            assert result <= 4e-6
            assert gradient <= 4e-6


@pytest.mark.skipif(not TRITON, reason="Triton is not installed")
def test_the_kernels_agree_with_torch_under_the_interpreter():
    program = f"import sys; sys.path.insert(0, {os.path.dirname(__file__)!r})\n"
    program += "import test_elementwise_kernels as kernels; kernels.agree('cpu')"
    environment = os.environ | {"TRITON_INTERPRET": "1"}  # read when triton is imported, so in a process of its own
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_kernels_agree_with_torch_on_the_gpu():
    agree("cuda")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_rotary_embedding_gives_upstreams_gradients_on_the_gpu():
    q, k = torch.randn(2, 9, 4, 64, device="cuda"), torch.randn(2, 9, 2, 64, device="cuda")
    cos, sin = (part.cuda() for part in angles(1, 9, 64))
    user, found = object(), []
    for installed in (False, True):
        leaves = [q.clone().requires_grad_(), k.clone().requires_grad_()]
        if installed:
            rotary.install(user)
        try:
            outs = modeling_gpt_oss.apply_rotary_pos_emb(*(x.transpose(1, 2) for x in leaves), cos, sin)
        finally:
            rotary.uninstall(user)
        sum((out * torch.arange(out.numel(), device="cuda").view_as(out).sin()).sum() for out in outs).backward()
        found.append([*outs, *(leaf.grad for leaf in leaves)])
    for theirs, ours in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_the_rotary_embedding_is_transformers_own_on_the_cpu_and_after_the_last_user(monkeypatch):
    before = rotary._original[0] if rotary._original else modeling_gpt_oss.apply_rotary_pos_emb
    monkeypatch.setattr(modeling_gpt_oss, "apply_rotary_pos_emb", before)  # models of other tests may have it on
    monkeypatch.setattr(rotary, "_original", [])
    monkeypatch.setattr(rotary, "_users", set())
    first, second = object(), object()
    rotary.install(first)
    rotary.install(second)
    rotary.uninstall(first)
    q, k = torch.randn(1, 4, 5, 8), torch.randn(1, 2, 5, 8)
    cos, sin = angles(1, 5, 8)
    ours = modeling_gpt_oss.apply_rotary_pos_emb(q, k, cos, sin)
    assert modeling_gpt_oss.apply_rotary_pos_emb is not before
    rotary.uninstall(second)
    assert modeling_gpt_oss.apply_rotary_pos_emb is before
    assert all(torch.equal(a, b) for a, b in zip(ours, before(q, k, cos, sin), strict=True))
