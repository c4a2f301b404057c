"""The policy layer: what it refuses, where it says so, and what it must let through."""

import pytest

from assay.sandbox.policy import check_source

REFUSED = [
    "import os",
    "import numpy as np",
    "from os import path",
    "import os.path as math",
    "from . import x",
    "from operator import attrgetter",
    "from functools import _lru_cache_wrapper",
    "from math import *\nfrom sys import *",
    "__import__('os')",
    "__builtins__",
    "x = ().__class__",
    "x = (lambda: 0).__globals__",
    "x = abs.__self__",
    "x = f.__code__",
    "g = (g.gi_frame.f_back for _ in [1])",
    "try:\n    1 / 0\nexcept Exception as e:\n    e.__traceback__.tb_frame",
    "match 1:\n    case object(__class__=c):\n        pass",
    "x = ().__ｃlass__",
    "'{0.__class__}'.format(1)",
    "'{x}'.format_map({})",
    "'{0[0].real}'.format([1])",
    "'{:{0.real}}'.format(1)",
    "f'{x}'.format(1)",
    "('{0.' + 'real}').format(1)",
    "x = str.format",
    "@exec\n@input\nclass X: pass",
    "f = eval",
    "f = [eval][0]",
    "open += x",
    "ｅval *= x",
    "def f():\n    global open\n    open += x",
    "class A:\n    open -= x",
    "match x:\n    case __builtins__:\n        pass",
    "match x:\n    case [*__builtins__]:\n        pass",
    "match x:\n    case {**__builtins__}:\n        pass",
    "from __future__ import annotations as __builtins__",
    "class A:\n    def f(self):\n        super()\n        def g():\n            nonlocal __class__",
    "def f(open=open): pass",
    "open = open",
    "def f():\n    return getattr(1, 'real')",
    "def f():\n    global exec\n    exec('1')",
    "class id:\n    x = id",
    "[compile for compile in [compile]]",
    # Python 3.12 and newer inline comprehensions, and their symbol tables then call these bound or declared only
    "global globals\nx = [globals for _ in y]",
    "x = {globals: 1 for _ in y}\nglobals = 1",
    "x = [[globals for _ in y] for _ in z]\nglobals = 1",
    "x = [1 for _ in y if globals]\nglobals = 1",
    "x = [1 for z in y for z[globals] in y]\nglobals = 1",
    "x = [[globals for globals in y] + globals for _ in z]\nglobals = 1",
    "x = [a for a in [globals for globals in globals]]\nglobals = 1",
    "def f():\n    global globals\n    return {globals for _ in y}",
    "class X:\n    x = [globals for _ in y]\n    globals = 1",
    "type('X', (), {})",
    "class X(metaclass=M): pass",
    "class X:\n    def __del__(self): pass",
    "class X:\n    def __class_getitem__(cls, x): pass",
    "class X:\n    def __getattr__(self, n): pass",
    "class K:\n    __match_args__ = ('gi_frame',)",
    "from functools import WRAPPER_ASSIGNMENTS",
    "update_wrapper(h, g, assigned=(), updated=('gi_frame',))",
    "from dataclasses import field",
    "from enum import Enum",
    "class A(**{'metaclass': M}): pass",
    "Base.register(type(g))",
    "x = '__globals__'",
    "async def f(): pass",
    "try:\n    pass\nexcept* ValueError:\n    pass",
    "def __import__(): pass",
    "x.__dict__['y'] = 1",
    "x.__code__ = y",
    "del x.__class__",
    "import math as __builtins__",
]

ALLOWED = [
    "import math, itertools as it\nfrom operator import mul, add",
    "from typing import List\nfrom collections import defaultdict\nfrom collections.abc import Sequence",
    "from __future__ import annotations",
    "from math import *",
    "def f(A):\n    row = A[0]\n    row[0] += 1.0\n    x: float = 0.0\n    x -= 1",
    "def _helper(_a, __b=1):\n    _ = __b\n    return _",
    "def execute(eval_poly):\n    '''exec, eval, import os, __class__'''\n    return eval_poly  # import time",
    "def f(id, input, vars):\n    open = id\n    dir = [open for open in input]\n    return dir, vars",
    "def f():\n    id = 0\n    id += 1\n    return id",
    "id = 1",
    "x = [id for id in y]",
    "x = [[id for a in y] for id in y]",
    "x = {id: input for id, (input, *vars) in y}\nid = 1",
    "class A:\n    x = [id + 1 for a in y for id in a]",
    "def f():\n    id = 0\n    return lambda: [id + x for x in y]",
    "def outer():\n    compile = 1\n    def inner():\n        nonlocal compile\n        compile += 1\n        return compile\n    return inner",
    "match x:\n    case [a, *rest] if a:\n        pass\n    case {'k': v}:\n        pass\n    case _:\n        pass",
    "class Matrix:\n    __slots__ = ('rows',)\n    def __init__(self, rows):\n        super().__init__()\n        self.rows = rows\n    def __matmul__(self, o): return o\n    def __getitem__(self, i): return self.rows[i]",
    "x = [1].__getitem__\ny = [].append",
    "if __name__ == '__main__':\n    print('done')",
    "def f(*args, **kwargs):\n    assert args, f'no {args!r:>10}'\n    with g() as (a, b):\n        yield from a",
    "x = type(y)",
    "'{} and {name:>10} {0!r}'.format(1, name=2)",
    "x = f.__name__",
    "x = " + " + ".join(["a"] * 150),
    "größe = 1  # π × ½",
    "from dataclasses import dataclass\nfrom collections import namedtuple\nfrom copy import deepcopy\nimport decimal",
    "if (n := len(x)) > 1: pass",
    "t = {i: {j for j in range(i)} for i in range(3)}\nlambda *a, k=1: (a, k)",
    "a, (b, *c) = d\nfor i, (j, k) in e: pass",
    "global_cache = {}\ndef f():\n    global global_cache\n    global_cache = {}",
]


@pytest.mark.parametrize("source", REFUSED)
def test_what_an_honest_kernel_never_needs_is_forbidden(source):
    complaints = check_source(source)
    assert complaints
    assert complaints[0].kind == "forbidden"


@pytest.mark.parametrize("source", ALLOWED)
def test_an_honest_form_is_allowed(source):
    assert check_source(source) == []


def test_a_complaint_names_line_column_and_reason():
    (complaint,) = check_source("import math\n\nx = math.sqrt(open)")
    assert (complaint.line, complaint.column) == (3, 14)
    assert "open" in complaint.reason


def test_complaints_come_in_order_of_appearance():
    lines = [complaint.line for complaint in check_source("import os\nx = eval\nimport sys\n")]
    assert lines == [1, 2, 3]


@pytest.mark.parametrize("source", ["def f(:", "\0", "x = '", "return 1 +", "\ud800"])
def test_a_source_that_is_not_python_is_no_cheat(source):
    assert [complaint.kind for complaint in check_source(source)] == ["syntax"]


@pytest.mark.parametrize("source", ["a = 1\n" * 30_000, "x" * 70_000, "-" * 3_000 + "1", "x" + ".a" * 600])
def test_a_source_beyond_the_limits_is_no_cheat(source):
    assert {complaint.kind for complaint in check_source(source)} == {"limits"}
