"""What the operators know about a module: where its nodes stand, and what its names mean.

Names are resolved by the interpreter's own symbol tables, since a rule of scoping that is forgotten here would
change what a mutant does; the concrete tree of libcst serves to change the text.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import symtable
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from random import Random
from typing import Any

import libcst as cst

from .sites import Site, normal, replaced, walk

BUILTINS = frozenset(dir(builtins))
DEPTH_LIMIT = 80
"""Levels of a syntax tree that can be visited within the interpreter's limit of recursion."""
_LOOKS_AROUND = frozenset(
    "locals globals vars dir f_locals f_globals __dict__ __globals__ __annotations__ get_type_hints signature "
    "co_varnames co_names co_freevars".split()
)
_TELLS_NAMES = frozenset("repr str ascii format print __name__ __qualname__ __doc__ co_name co_qualname".split())
_FIRST = "block panel strip tile plan stage chunk lane slot band part step".split()
_SECOND = "rows view index table state items data buffer value unit pair key".split()
_WORD = re.compile(r"\w+")


class NotMutable(ValueError):
    """The text is no module that both libcst and the interpreter can read."""


class Source:
    """One module, read once. ``entry`` is the function that is scored. Raises NotMutable."""

    def __init__(self, text: str, entry: str) -> None:
        self.text, self.entry = text, entry
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the payload's syntax, which is not ours
                self.syntax = ast.parse(text)
                self._table = symtable.symtable(text, "<mutant>", "exec")
            if _depth(self.syntax) > DEPTH_LIMIT:
                raise ValueError(f"nested more than {DEPTH_LIMIT} deep")
            self.tree = cst.parse_module(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError, cst.ParserSyntaxError) as error:
            raise NotMutable(f"{type(error).__name__}: {error}".partition("\n")[0][:200]) from None

    @cached_property
    def sites(self) -> list[Site]:
        """Every node and where it stands."""
        return walk(self.tree)

    def code(self, node: cst.CSTNode) -> str:
        """The text of a node of this module."""
        return self.tree.code_for_node(node)

    def of(self, *kinds: type[cst.CSTNode]) -> list[Site]:
        """Where nodes of these kinds stand, in the order of the text."""
        return [site for site in self.sites if isinstance(site.node, kinds)]

    def replaced(self, changes: Mapping[cst.CSTNode, Callable[[Any], Any]]) -> str:
        """The text after each node was replaced by what its function makes of it."""
        return replaced(self.tree, changes)

    @cached_property
    def variables(self) -> list[Site]:
        """Where variables are read or bound."""
        return [site for site in self.of(cst.Name) if site.is_variable]

    @cached_property
    def tables(self) -> list[symtable.SymbolTable]:
        """The symbol tables of all scopes, the module's first."""
        found: list[symtable.SymbolTable] = [self._table]
        for table in found:
            found.extend(table.get_children())
        return found

    @cached_property
    def bound(self) -> frozenset[str]:
        """Names that are bound in some scope."""
        return frozenset(symbol.get_name() for table in self.tables for symbol in table.get_symbols() if binds(symbol))

    @cached_property
    def module_bound(self) -> frozenset[str]:
        """Names that the module's own scope binds, or a function that declares them global."""
        top = {symbol.get_name() for symbol in self._table.get_symbols() if binds(symbol)}
        symbols = [symbol for table in self.tables[1:] for symbol in table.get_symbols()]
        return frozenset(
            top | {symbol.get_name() for symbol in symbols if symbol.is_declared_global() and binds(symbol)}
        )

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Every identifier of the text, normalised: variables, attributes, keywords, modules."""
        return frozenset(normal(site.node.value) for site in self.of(cst.Name))

    @cached_property
    def words(self) -> frozenset[str]:
        """Words of string constants other than docstrings: a name may be looked up by its text."""
        docstrings = {id(node) for node in _docstrings(self.syntax)}
        texts = [self.code(site.node) for site in self.of(cst.FormattedStringExpression) if site.node.equal is not None]
        for node in ast.walk(self.syntax):
            if isinstance(node, ast.Constant) and id(node) not in docstrings:
                value = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
                texts += [value] if isinstance(value, str) else []
        return frozenset(word for text in texts for word in _WORD.findall(text))

    @cached_property
    def future(self) -> bool:
        """Whether anything is imported from __future__."""
        return any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in self.syntax.body)

    @cached_property
    def star_import(self) -> bool:
        """Whether names come from ``from m import *``."""
        return any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(self.syntax))

    @cached_property
    def tells_names(self) -> bool:
        """Whether the names of functions and classes may be shown or asked for."""
        formats = any(isinstance(node, ast.JoinedStr) for node in ast.walk(self.syntax))
        return formats or "%" in self.text or bool(_TELLS_NAMES & self.identifiers)

    @cached_property
    def looks_around(self) -> bool:
        """Whether the module may read its own names by their text."""
        return bool(_LOOKS_AROUND & (self.identifiers | self.words))

    def offers(self, *names: str) -> bool:
        """Whether these names mean the builtins wherever they are used."""
        return not self.star_import and not set(names) & self.bound

    def fresh(self, random: Random) -> str:
        """An identifier that occurs nowhere in the module."""
        taken = self.identifiers | self.words | self.bound | BUILTINS
        while True:
            name = f"_{random.choice(_FIRST)}_{random.choice(_SECOND)}"
            if name in taken:
                name += str(random.randrange(1000))
            if name not in taken and not keyword.iskeyword(name):
                return name

    def fresh_names(self, random: Random, count: int) -> list[str]:
        """That many such identifiers, no two the same."""
        names: dict[str, None] = {}
        while len(names) < count:
            names[self.fresh(random)] = None
        return list(names)

    @cached_property
    def functions(self) -> list[cst.FunctionDef]:
        """Functions of the module's body, other than coroutines."""
        return [node for node in self.tree.body if isinstance(node, cst.FunctionDef) and node.asynchronous is None]

    @cached_property
    def called_only(self) -> list[cst.FunctionDef]:
        """Of these, the functions whose name is bound once and else only called: nobody looks at the object."""
        if self.star_import or self.looks_around:
            return []
        uses = Counter(normal(site.node.value) for site in self.variables)
        calls = Counter(
            normal(site.node.value)
            for site in self.variables
            if isinstance(site.parent, cst.Call) and site.field == "func"
        )
        names = [(node, normal(node.name.value)) for node in self.functions]
        return [node for node, name in names if uses[name] == 1 + calls[name] and name not in self.words]

    @cached_property
    def head(self) -> int:
        """Index into the tree's body behind the docstring and the imports from __future__."""
        statements = 0
        for number, node in enumerate(self.syntax.body):
            text = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not (text or (isinstance(node, ast.ImportFrom) and node.module == "__future__")):
                break
            statements = number + 1
        for index, line in enumerate(self.tree.body):
            if statements <= 0:
                return index
            statements -= len(line.body) if isinstance(line, cst.SimpleStatementLine) else 1  # `import a; import b`
        return len(self.tree.body)

    def inserted(self, statements: str, index: int) -> str:
        """The text with statements added to the module's body."""
        body = [*self.tree.body]
        body[index:index] = cst.parse_module(statements).body
        return self.tree.with_changes(body=body).code


def _depth(tree: ast.AST) -> int:
    """Levels of the tree, found without recursion."""
    level, depth = [tree], 0
    while level:
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        depth += 1
    return depth


def binds(symbol: symtable.Symbol) -> bool:
    """Whether the scope of this symbol binds it."""
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_parameter() or symbol.is_namespace()


def is_docstring(node: cst.CSTNode) -> bool:
    """Whether a statement is nothing but a string."""
    return isinstance(node, cst.Expr) and isinstance(node.value, (cst.SimpleString, cst.ConcatenatedString))


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first.value
