"""Layer policy: refuse, from the source alone, what an honest kernel never needs.

RestrictedPython's transformer serves as a *checker*: the transformed tree is thrown away (its guards slow a
kernel 3.55 times), only the complaints are kept. Its stock rules refuse a third of honest kernels, so each
honest form is allowed here explicitly, and imports, names and attributes are decided by our own lists.

Parsing hostile source can exhaust or crash an interpreter: call :func:`check_source` only in a process that may be
lost, which is what :mod:`assay.sandbox.policy_process` does.
"""

from __future__ import annotations

import ast
import string
import symtable
from dataclasses import dataclass
from typing import Any, Literal

from RestrictedPython.transformer import INSPECT_ATTRIBUTES, RestrictingNodeTransformer

from .inside.context import modules_of

SOURCE_LIMIT = 64 * 1024
NODE_LIMIT = 20_000
DEPTH_LIMIT = 500

# Builtins that reach out of the namespace, run text as code, or look around.
FORBIDDEN_NAMES = frozenset(
    "eval exec compile open input getattr setattr delattr hasattr globals locals vars dir id breakpoint help "
    "exit quit copyright credits license".split()
)
# Attributes that run code from text, walk to frames or classes, or read attributes by computed name.
FORBIDDEN_ATTRIBUTES = INSPECT_ATTRIBUTES | frozenset(
    "format format_map mro tb_lasti tb_lineno f_lasti f_lineno gi_running cr_running co_consts co_names "
    "co_varnames co_replace func_globals func_code attrgetter methodcaller with_traceback register _convert_".split()
)
# Attributes of NumPy and its arrays that read or write files or give away raw memory.
ARRAY_ATTRIBUTES = frozenset(
    "tofile dump dumps ctypes data setflags getfield setfield as_strided ctypeslib load save savez savez_compressed "
    "loadtxt savetxt genfromtxt fromfile fromregex memmap open_memmap DataSource f2py".split()
)
MODULE_DUNDERS = frozenset("__name__ __all__ __doc__ __author__ __version__ __debug__".split())
METHODS = frozenset(
    f"__{name}__"
    for name in (
        "init call len iter next getitem setitem delitem contains repr str hash bool int float index enter exit "
        "eq ne lt le gt ge add sub mul matmul truediv floordiv mod divmod pow neg pos abs invert and or xor "
        "lshift rshift radd rsub rmul rmatmul rtruediv rfloordiv rmod rpow rand ror rxor iadd isub imul imatmul "
        "itruediv ifloordiv imod ipow reversed missing length_hint post_init slots name qualname doc"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One place in the source. ``kind``: ``forbidden`` counts as a cheat, the others as a crash."""

    kind: Literal["forbidden", "syntax", "limits"]
    line: int
    column: int
    reason: str


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and len(name) > 4


def _formats_plainly(function: ast.Attribute) -> bool:
    """Whether this is ``"constant".format`` with fields that read no attribute and no item."""
    text = function.value.value if isinstance(function.value, ast.Constant) else None
    if function.attr != "format" or not isinstance(text, str):
        return False
    try:
        fields = [part for _, name, spec, _ in string.Formatter().parse(text) for part in (name or "", spec or "")]
    except ValueError:
        return False
    return not any(character in field for field in fields for character in ".[{")


class Checker(RestrictingNodeTransformer):
    """Collects complaints about a parsed module; ``reachable`` are forbidden names that resolve to builtins."""

    def __init__(self, reachable: frozenset[str], language: str) -> None:
        super().__init__()
        self.reachable = reachable
        self.modules = modules_of(language)
        self.forbidden = FORBIDDEN_ATTRIBUTES | (ARRAY_ATTRIBUTES if language == "numpy" else frozenset())
        self.complaints: list[Complaint] = []

    def error(self, node: ast.AST, info: str) -> None:
        line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        self.complaints.append(Complaint("forbidden", line, column, info))

    def check_name(self, node: Any, name: str | None, allow_magic_methods: bool = False) -> None:
        if name is None or not _is_dunder(name) or name in MODULE_DUNDERS:
            return
        if not (name in METHODS and (allow_magic_methods or isinstance(node, ast.Name))):
            self.error(node, f"the name {name} is reserved")

    def check_attribute(self, node: ast.AST, name: str) -> None:
        if (_is_dunder(name) and name not in METHODS) or name in self.forbidden:
            self.error(node, f"the attribute {name} reaches out of the kernel")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        self.check_name(node, node.id)
        if node.id in self.reachable and isinstance(node.ctx, ast.Load):
            self.error(node, f"{node.id} is not available to a kernel")
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        # `open += x` reads the builtin, and hands it to x.__radd__, though the target is only stored to.
        if isinstance(node.target, ast.Name) and node.target.id in self.reachable:
            self.error(node.target, f"{node.target.id} is not available to a kernel")
        return self.node_contents_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.check_attribute(node, node.attr)
        return self.node_contents_visit(node)

    def visit_MatchClass(self, node: ast.MatchClass) -> ast.AST:
        # `case object(__class__=c)` reads an attribute without an Attribute node.
        for name in node.kwd_attrs:
            self.check_attribute(node, name)
        return self.node_contents_visit(node)

    def visit_Import(self, node: ast.Import) -> ast.AST:
        for alias in node.names:
            if alias.name not in self.modules:
                self.error(node, f"import of {alias.name} is not allowed")
            self.check_name(node, alias.asname)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        module = node.module or "."
        if module == "__future__" and not node.level:
            for alias in node.names:
                self.check_name(node, alias.asname)
            return node
        if node.level or module not in self.modules:
            self.error(node, f"import from {module} is not allowed")
            return node
        public = self.modules[module]
        for alias in node.names:
            everywhere = ("*", "abc", "stride_tricks")
            listed = not alias.name.startswith("_") if public is None else alias.name in (*public, *everywhere)
            if not listed:
                self.error(node, f"import of {alias.name} from {module} is not allowed")
            self.check_name(node, alias.asname)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        # A string that is the name of a frame's or a class's inside serves to reach it by computed name.
        if isinstance(node.value, str) and node.value not in ("__main__", *MODULE_DUNDERS):
            self.check_attribute(node, node.value if node.value not in ("format", "register", "mro") else "")
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Attribute) and _formats_plainly(node.func):
            node.func.attr = "join"  # the tree is thrown away: only the complaint about `format` is avoided
        if isinstance(node.func, ast.Name) and node.func.id == "type" and (len(node.args) != 1 or node.keywords):
            self.error(node, "type with more than one argument builds a class out of sight")
        return self.node_contents_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.check_name(node, node.name)
        if any(keyword.arg in ("metaclass", None) for keyword in node.keywords):
            self.error(node, "a metaclass is not allowed")
        return self.node_contents_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.check_name(node, node.name, allow_magic_methods=True)
        self.check_function_argument_names(node)
        return self.node_contents_visit(node)

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> ast.AST:
        for name in node.names:
            self.check_name(node, name)
        return node

    def visit_capture(self, node: ast.MatchAs | ast.MatchStar | ast.MatchMapping) -> ast.AST:
        # A pattern binds names without a Name node.
        self.check_name(node, node.rest if isinstance(node, ast.MatchMapping) else node.name)
        return self.node_contents_visit(node)

    def guard_iter(self, node: Any) -> Any:
        return self.node_contents_visit(node)

    def _allow(self, node: ast.AST) -> ast.AST:
        return self.node_contents_visit(node)

    # Honest forms that the stock transformer refuses or would rewrite.
    visit_AnnAssign = visit_Assign = visit_Subscript = visit_With = _allow
    visit_Match = visit_match_case = visit_MatchValue = visit_MatchSingleton = _allow
    visit_MatchSequence = visit_MatchOr = _allow
    visit_MatchStar = visit_MatchAs = visit_MatchMapping = visit_capture
    visit_Nonlocal = visit_Global
    visit_Module = visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _allow


def _targets(comprehension: ast.ListComp | ast.SetComp | ast.DictComp) -> frozenset[str]:
    """The names that its ``for`` clauses bind."""
    found: list[str] = []
    pending: list[ast.AST] = [clause.target for clause in comprehension.generators]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name):
            found.append(node.id)
        elif isinstance(node, ast.Tuple | ast.List):
            pending.extend(node.elts)
        elif isinstance(node, ast.Starred):
            pending.append(node.value)
    return frozenset(found)


def _survey(tree: ast.AST) -> tuple[str | None, set[str], set[str]]:
    """Why the tree exceeds the limits, if it does, found without recursion; the forbidden names that are read in it
    other than as a comprehension's own variable; and those of them whose reading the symbol table may not tell: by an
    assignment with an operator, and within a comprehension, which Python 3.12 and newer inline."""
    named: set[str] = set()
    unseen: set[str] = set()
    outer: dict[ast.AST, frozenset[str] | None] = {}  # what a first ``in`` names is evaluated outside
    pending: list[tuple[ast.AST, int, frozenset[str] | None]] = [(tree, 0, None)]  # None: in no comprehension
    count = 0
    while pending:
        node, depth, own = pending.pop()
        count += 1
        if depth > DEPTH_LIMIT:
            return f"the source is nested more than {DEPTH_LIMIT} deep", named, unseen
        if count > NODE_LIMIT:
            return f"the source has more than {NODE_LIMIT} syntax nodes", named, unseen
        if outer and node in outer:
            own = outer.pop(node)
        if isinstance(node, ast.Name):
            if node.id in FORBIDDEN_NAMES and isinstance(node.ctx, ast.Load) and not (own and node.id in own):
                named.add(node.id)
                if own is not None:
                    unseen.add(node.id)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            if node.target.id in FORBIDDEN_NAMES:
                named.add(node.target.id)
                unseen.add(node.target.id)
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp):
            outer[node.generators[0].iter] = own
            own = (own or frozenset()) | _targets(node)
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, ast.AST):
                pending.append((value, depth + 1, own))
            elif isinstance(value, list):
                pending.extend((item, depth + 1, own) for item in value if isinstance(item, ast.AST))
    return None, named, unseen


def _reachable(source: str, named: set[str], unseen: set[str]) -> frozenset[str]:
    """The forbidden names that some scope of the module reads from the builtins.

    A function may call a local variable ``id`` or ``input``: that is honest. At module and class level a name
    that is read before it is bound is the builtin, so there every use counts; so do those that :func:`_survey` saw and
    the symbol table does not (``open += x``; ``global open`` and ``[open for _ in x]``). Raises SyntaxError for what
    only the symbol table finds.
    """
    found: set[str] = set()
    pending = [symtable.symtable(source, "<candidate>", "exec")]
    while pending and named:
        table = pending.pop()
        pending.extend(table.get_children())
        inside = table.get_type() == "function"
        for symbol in table.get_symbols():
            name = symbol.get_name()
            bound = inside and (symbol.is_local() or symbol.is_parameter() or symbol.is_free())
            if name in named and (symbol.is_referenced() or name in unseen) and not bound:
                found.add(name)
    return frozenset(found)


def check_source(source: str, language: str = "python") -> list[Complaint]:
    """Complaints about ``source``, in order of appearance; an empty list means that it is allowed.

    Never raises for anything the source contains; it may still be killed by it, hence the process around it.
    """
    if len(source.encode("utf-8", "surrogatepass")) > SOURCE_LIMIT:
        return [Complaint("limits", 0, 0, f"the source is longer than {SOURCE_LIMIT} bytes")]
    try:
        tree = ast.parse(source)
        reason, named, unseen = _survey(tree)
        if reason is not None:
            return [Complaint("limits", 0, 0, reason)]
        checker = Checker(_reachable(source, named, unseen), language)
        checker.visit(tree)
    except SyntaxError as error:
        return [Complaint("syntax", error.lineno or 0, error.offset or 0, f"syntax error: {error.msg}")]
    except (ValueError, UnicodeError) as error:
        return [Complaint("syntax", 0, 0, f"not Python source: {error}")]
    except (RecursionError, MemoryError):
        return [Complaint("limits", 0, 0, "the source is too deeply nested to be read")]
    return sorted(checker.complaints, key=lambda complaint: (complaint.line, complaint.column))
