"""The operators of the mutation engine, by name.

An operator is a function of a module and a random source that returns the text of the changed module, or None where
it has nowhere to apply. ``plain`` ones write what honest code may hold; the others reach by computed name what the
sandbox refuses to everybody, so that an honest kernel rewritten by them would rightly be refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from . import attributes, expressions, functions, names, padding, statements, strings
from .source import Source


@dataclass(frozen=True, slots=True)
class Operator:
    """``about``: one sentence. ``exact``: the answers stay the same bit for bit, and not just within rounding.

    ``hides``: the text no longer shows which names it uses, so that no operator that asks for them may follow.
    """

    name: str
    apply: Callable[[Source, Random], str | None]
    about: str
    plain: bool = True
    exact: bool = True
    hides: bool = False


OPERATORS = {
    operator.name: operator
    for operator in (
        Operator("rename", names.rename, "variables, parameters, functions, classes, imports get other names"),
        Operator("unicode", names.unicode, "identifiers in other letters that the compiler takes for the same"),
        Operator("adjacent", strings.adjacent, "strings cut into adjacent literals"),
        Operator("split", strings.split, "strings as sums of their parts", hides=True),
        Operator("encode", strings.encode, "strings reversed, from code points, from hexadecimal digits", hides=True),
        Operator("base64", strings.base, "strings decoded from base 64", plain=False, hides=True),
        Operator("getattr", attributes.chain, "attributes by getattr, attrgetter and setattr", plain=False),
        Operator("import", attributes.imports, "import statements as calls of __import__", plain=False),
        Operator("builtin", attributes.builtin, "builtins fetched from their module by name", plain=False),
        Operator("lambda", expressions.lambdas, "values through a lambda, or returned by one"),
        Operator("comprehension", expressions.comprehension, "values as the only item of a comprehension"),
        Operator("default", expressions.default, "values as the default argument of a lambda"),
        Operator("class", functions.in_class, "functions as static methods, or held by an instance that is called"),
        Operator("decorate", functions.decorate, "functions and classes behind a decorator"),
        Operator("helper", functions.helper, "the body of a function in another one"),
        Operator("as-lambda", functions.lambda_function, "a function that only returns as a lambda"),
        Operator("flow", statements.flow, "statements in an if, a loop of one round, a try"),
        Operator("annotation", statements.annotation, "values computed in an annotation"),
        Operator("once", statements.once, "values of the module in a helper or its default argument"),
        Operator("exec", statements.execute, "statements of the module as encoded text", plain=False, hides=True),
        Operator("pad", padding.pad, "code that never matters"),
        Operator("mix", padding.mix, "an honest kernel answers for small shapes", exact=False),
    )
}


def apply(name: str, source: Source, random: Random) -> Source | None:
    """The module after one operator, or None where it has nowhere to apply.

    Raises NotMutable where the result cannot be read again.
    """
    changed = OPERATORS[name].apply(source, random)
    return None if changed is None or changed == source.text else Source(changed, source.entry)
