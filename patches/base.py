"""Which patches there are, and how they are applied to a model and taken off again.

A patch is a module of this folder with

- ``NAME`` and ``SUMMARY``, one line that says what it changes,
- ``apply(model, **options) -> state``, which changes the model and returns what it needs to undo that,
- ``remove(model, state) -> None``, after which the model is exactly what it was,
- ``explain(model, state) -> dict[str, str]``: what was done, as rows of a table,
- if it is not for every model, ``suits(model) -> bool``: whether it is among the patches applied by default.

``model`` is the bare ``GptOssForCausalLM``, with PEFT's layers in it where an adapter was added.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast

from .errors import ModelError, OptionError

# In the order of application: masks and kernels, what holds the weights, what reads them, then the one that judges.
ORDER = ("attention", "experts", "lora", "offload", "fp16", "fused", "guard")


class Patch(Protocol):
    """What the module of a patch offers."""

    NAME: str
    SUMMARY: str

    def apply(self, model: Any, **options: Any) -> Any: ...
    def remove(self, model: Any, state: Any) -> None: ...
    def explain(self, model: Any, state: Any) -> dict[str, str]: ...


@dataclass
class Applied:
    """What was done to a model: ``{patch: {what: how}}`` in the order of application."""

    rows: dict[str, dict[str, str]] = field(default_factory=dict)

    def table(self) -> Any:
        """A rich table, one row a change."""
        from rich.markup import escape
        from rich.table import Table

        table = Table("patch", "what", "how")
        for patch, changes in self.rows.items():
            for number, (what, how) in enumerate(changes.items()):
                table.add_row(escape(patch if number == 0 else ""), escape(what), escape(how))
        return table


_ATTRIBUTE = "_assay_patches"  # of the model while a patch is on: a table beside it would keep its memory alive


def names() -> list[str]:
    """Names of the patches there are, in the order in which they are applied."""
    folder = Path(__file__).parent
    return [name for name in ORDER if (folder / f"{name}.py").is_file()]


def summary(name: str) -> str:
    """What a patch changes, in one line; read from its file, so that listing them loads no torch."""
    tree = ast.parse((Path(__file__).parent / f"{name}.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "SUMMARY" for t in node.targets):
            return str(ast.literal_eval(node.value))
    raise OptionError(f"patch '{name}' has no SUMMARY; every patch says in one line what it changes")


def find_patch(name: str) -> Patch:
    """The module of a patch. Raises OptionError naming those there are."""
    if name not in names():
        raise OptionError(f"no patch named '{name}'; there are {', '.join(names())}")
    module: ModuleType = importlib.import_module(f".{name}", __package__)
    return cast(Patch, module)


def base_model(model: Any) -> Any:
    """The ``GptOssForCausalLM`` of a model that PEFT or a trainer wraps. Raises ModelError for another architecture."""
    bare = model
    while not hasattr(bare, "config") and hasattr(bare, "module"):  # DistributedDataParallel and the like
        bare = bare.module
    bare = getattr(bare, "_orig_mod", bare)  # torch.compile
    if hasattr(bare, "peft_config") and hasattr(bare, "get_base_model"):
        bare = bare.get_base_model()
    kind = getattr(getattr(bare, "config", None), "model_type", None)
    if kind != "gpt_oss" or not hasattr(getattr(bare, "model", None), "layers"):
        found = f"model_type '{kind}'" if kind else type(model).__name__
        raise ModelError(f"the patches are for gpt-oss (model_type 'gpt_oss'), not for {found}; go on without patches")
    return bare


def applied_patches(model: Any) -> list[str]:
    """Names of the patches on a model, in the order of their application."""
    return list(_on(base_model(model)))


def _any_model(bare: Any) -> bool:
    return True


def _on(bare: Any) -> dict[str, tuple[Patch, Any]]:
    return vars(bare).get(_ATTRIBUTE, {})


def _checked(patch: Patch, options: Mapping[str, Any]) -> Mapping[str, Any]:
    parameters = inspect.signature(patch.apply).parameters
    known = [name for name in list(parameters)[1:] if parameters[name].kind is not inspect.Parameter.VAR_KEYWORD]
    if len(known) == len(parameters) - 1 and (unknown := set(options) - set(known)):
        takes = f"it takes {', '.join(known)}" if known else "it takes none"
        raise OptionError(f"patch '{patch.NAME}' has no option {', '.join(sorted(unknown))}; {takes}")
    return options


def apply_patches(
    model: Any,
    patches: Iterable[str | Patch] | None = None,
    *,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    say: Callable[[Any], None] | None = None,
) -> Applied:
    """Apply patches in their fixed order, by default all that suit the model; what is on already stays as it is.

    ``patches`` are names or modules with the protocol above, ``options`` the keyword arguments of each by its
    name, ``say`` takes the table of what was done (a console's ``print``); by default it goes to the error output.
    If one fails, those that this call applied before are removed again. Raises PatchError.
    """
    bare = base_model(model)
    found = [find_patch(p) if isinstance(p, str) else p for p in (names() if patches is None else patches)]
    chosen = [patch for patch in found if patches is not None or getattr(patch, "suits", _any_model)(bare)]
    chosen.sort(key=lambda patch: ORDER.index(patch.NAME) if patch.NAME in ORDER else len(ORDER))
    given = options or {}
    if unknown := set(given) - {patch.NAME for patch in chosen}:
        raise OptionError(f"options for {', '.join(sorted(unknown))}, which is not among the patches to apply")
    checked = {patch.NAME: _checked(patch, given.get(patch.NAME, {})) for patch in chosen}
    on = vars(bare).setdefault(_ATTRIBUTE, {})
    done: list[str] = []
    applied = Applied()
    try:
        for patch in chosen:
            if patch.NAME not in on:
                on[patch.NAME] = (patch, patch.apply(bare, **checked[patch.NAME]))
                done.append(patch.NAME)
            applied.rows[patch.NAME] = patch.explain(bare, on[patch.NAME][1])
    except BaseException:
        _remove(bare, done)
        raise
    (say or _say)(applied.table())
    return applied


def remove_patches(model: Any, patches: Iterable[str] | None = None) -> list[str]:
    """Take patches off again, the last one first, all of them by default; returns the names of those removed."""
    bare = base_model(model)
    on = _on(bare)
    wanted = list(on) if patches is None else list(patches)
    if missing := [name for name in wanted if name not in on]:
        raise OptionError(f"patch '{missing[0]}' is not on this model; on it are {', '.join(on) or 'none'}")
    return _remove(bare, wanted)


def _remove(bare: Any, wanted: list[str]) -> list[str]:
    on = _on(bare)
    removed = [name for name in reversed(on) if name in wanted]
    for name in removed:
        patch, state = on[name]
        patch.remove(bare, state)
        del on[name]
    if not on:
        vars(bare).pop(_ATTRIBUTE, None)
    return removed


def _say(table: Any) -> None:
    from rich.console import Console

    Console(stderr=True).print(table)
