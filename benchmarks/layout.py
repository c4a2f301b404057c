"""How measured tables are written: JSON that people read, too."""

from __future__ import annotations

import json
from typing import Any


def layout(value: Any, indent: str = "") -> str:
    """JSON with whatever fits on a line on one line."""
    flat = json.dumps(value)
    if len(indent) + len(flat) <= 118 or not isinstance(value, (dict, list)):
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{inner}{json.dumps(key)}: {layout(item, inner)}" for key, item in value.items()]
    else:
        parts = [inner + layout(item, inner) for item in value]
    begin, end = "{}" if isinstance(value, dict) else "[]"
    return f"{begin}\n" + ",\n".join(parts) + f"\n{indent}{end}"
