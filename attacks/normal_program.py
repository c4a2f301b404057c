"""Normal form of hostile Python source, as a program: ``python -I -S normal_program.py``. Standard library only.

A JSON string a line comes in, one JSON object a line goes out: ``form``, a digest of the syntax tree in which names
are numbered, constants are their types, and docstrings and annotations are gone; and ``touches``, what the source
imports, names and reaches for. Nothing of it is ever run. A source that is no Python gets ``{}``; one that
exhausts or crashes the parser ends this process, which the parent then starts again.
"""

import ast
import hashlib
import json
import os
import resource
import sys

MEMORY = 1 << 30
TOUCHES, NAME_LIMIT = 400, 60
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BLOCKS = (ast.Module, ast.ClassDef, *FUNCTIONS)


def bound_names(tree):
    """New name of each name that the source binds; an import's is the module's, however it is called here."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            module = getattr(node, "module", None)
            for alias in node.names:
                shown = alias.asname or alias.name.partition(".")[0]
                full = f"{module}.{alias.name}" if module else alias.name if alias.asname else shown
                names[shown] = f"import:{full}"
    for node in ast.walk(tree):
        found = []
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found = [node.id]
        elif isinstance(node, (ast.ClassDef, *FUNCTIONS)):
            found = [node.name]
        elif isinstance(node, ast.arg):
            found = [node.arg]
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            found = [node.name]
        for name in found:
            names.setdefault(name, f"v{len(names)}")
    return names


def strip(tree):
    """Take out docstrings and annotations."""
    for node in ast.walk(tree):
        if isinstance(node, BLOCKS) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
        if isinstance(node, FUNCTIONS):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None


def rename(tree, names):
    """Number the bound names, and put types in place of constants."""
    for node in ast.walk(tree):
        for field in ("id", "name", "arg"):
            value = getattr(node, field, None)
            if isinstance(value, str) and not isinstance(node, ast.alias):
                setattr(node, field, names.get(value, value))
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            node.names = [names.get(name, name) for name in node.names]
        if isinstance(node, ast.alias):
            node.asname = None
        if isinstance(node, ast.Constant):
            node.value, node.kind = type(node.value).__name__, None


def touches(tree):
    """What the source imports, names without binding it, reaches for as attribute, or spells out as a string."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(f"import:{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(f"import:{node.module or '.'}")
            found.update(f".{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(f".{node.attr}")
        elif isinstance(node, FUNCTIONS):
            found.add(f"def:{node.name}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            found.add(f".{node.value}")
    return sorted(name for name in found if len(name) <= NAME_LIMIT)[:TOUCHES]


def normal(source):
    """The answer for one source; raises what parsing raises."""
    tree = ast.parse(source)
    seen = touches(tree)
    strip(tree)
    rename(tree, bound_names(tree))
    form = hashlib.blake2b(ast.dump(tree).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return {"form": form, "touches": seen}


def main():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # a parser that warns, or gives up, tells it to nobody
    for line in sys.stdin.buffer:
        try:
            answer = normal(json.loads(line))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            answer = {}
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
