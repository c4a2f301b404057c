"""What an accepted source may not hold, found by other means than the policy's: every identifier of the tree,
whatever node holds it, and every name that the compiled code looks up outside of its function."""

import ast
import dis
import types
from collections.abc import Iterator

# Written out, so that a name lost from the policy's own lists is noticed.
OUTSIDE = frozenset(
    "eval exec compile open input getattr setattr delattr hasattr globals locals vars dir id breakpoint help exit quit "
    "__import__ __builtins__ __loader__ __spec__ __file__".split()
)
INSIDES = frozenset(
    "gi_frame gi_code gi_yieldfrom cr_frame cr_code ag_frame f_back f_globals f_locals f_builtins f_code f_trace tb_frame "
    "tb_next co_code co_consts func_globals format_map mro attrgetter methodcaller with_traceback register _convert_".split()
)
DUNDERS = frozenset(
    "__init__ __call__ __len__ __iter__ __next__ __getitem__ __setitem__ __delitem__ __contains__ __repr__ __str__ __hash__ "
    "__bool__ __int__ __float__ __index__ __enter__ __exit__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __add__ __sub__ "
    "__mul__ __matmul__ __truediv__ __floordiv__ __mod__ __divmod__ __pow__ __neg__ __pos__ __abs__ __invert__ __and__ "
    "__or__ __xor__ __lshift__ __rshift__ __radd__ __rsub__ __rmul__ __rmatmul__ __rtruediv__ __rfloordiv__ __rmod__ "
    "__rpow__ __rand__ __ror__ __rxor__ __iadd__ __isub__ __imul__ __imatmul__ __itruediv__ __ifloordiv__ __imod__ "
    "__ipow__ __reversed__ __missing__ __length_hint__ __post_init__ __slots__ __name__ __qualname__ __doc__ __all__ "
    "__author__ __version__ __debug__".split()
)
IMPORTABLE = frozenset(
    "math cmath itertools array bisect heapq operator functools collections collections.abc contextlib copy dataclasses "
    "decimal fractions typing numbers abc struct __future__".split()
)
NUMPY = frozenset("numpy numpy.fft numpy.lib.stride_tricks numpy.linalg".split())
NUMPY_INSIDES = frozenset(
    "tofile dump dumps ctypes ctypeslib setflags memmap open_memmap fromfile f2py loadtxt".split()
)
_LOOKUPS = frozenset("LOAD_NAME LOAD_GLOBAL LOAD_FROM_DICT_OR_GLOBALS".split())


def identifiers(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every identifier with its node; text constants and the keywords of calls are none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.keyword):
            continue
        for field, value in ast.iter_fields(node):
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, str) and field != "type_comment":
                    yield node, item


def code_objects(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from code_objects(constant)


def _reserved(tree: ast.AST, insides: frozenset[str]) -> Iterator[str]:
    features = {
        (alias, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    }
    for node, name in identifiers(tree):
        if (node, name) in features or name == "__future__":
            continue
        if name.startswith("__") and name.endswith("__") and len(name) > 4 and name not in DUNDERS:
            yield f"the name {name}"
        if name in insides and isinstance(node, ast.Attribute | ast.MatchClass):
            yield f"the attribute {name}"
        constant = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Constant)
        if name == "format" and isinstance(node, ast.Attribute) and not constant:
            yield "the attribute format"


def _imports(tree: ast.AST, importable: frozenset[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            modules = ["." * node.level + (node.module or "")]
        yield from (f"the module {module}" for module in modules if module not in importable)


def _looked_up(source: str) -> Iterator[str]:
    try:
        module = compile(source, "<fuzz>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # it will not run
    for code in code_objects(module):
        if OUTSIDE.isdisjoint(code.co_names):
            continue
        for instruction in dis.get_instructions(code):
            if instruction.opname in _LOOKUPS and instruction.argval in OUTSIDE:
                yield f"the builtin {instruction.argval}"


def reaches(source: str, language: str = "python") -> list[str]:
    """What ``source`` reaches that no candidate may; empty for a source that is rightly accepted."""
    tree, more = ast.parse(source), language == "numpy"
    insides = INSIDES | NUMPY_INSIDES if more else INSIDES
    importable = IMPORTABLE | NUMPY if more else IMPORTABLE
    return [*_reserved(tree, insides), *_imports(tree, importable), *_looked_up(source)]
