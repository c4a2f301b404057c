"""Attention with sinks spelled out: what every engine is compared with."""

import torch


def visible(rows, window):
    """Bool (batch, queries, keys), token by token, from the padding and the positions alone."""
    valid = torch.ones(rows.batch, rows.keys, dtype=torch.bool) if rows.valid is None else rows.valid.cpu()
    positions = None if rows._positions is None else rows._positions.cpu().expand(rows.batch, -1)
    allowed = torch.zeros(rows.batch, rows.queries, rows.keys, dtype=torch.bool)
    for row in range(rows.batch):
        sequence, number, previous = [-1] * rows.keys, -1, None
        for slot in range(rows.keys):
            if not valid[row, slot]:
                continue
            step = (
                None if previous is None or positions is None else int(positions[row, slot] - positions[row, previous])
            )
            if previous is None or (step is not None and step not in (1, slot - previous)):
                number += 1
            sequence[slot], previous = number, slot
        for query in range(rows.queries):
            own = query + rows.keys - rows.queries
            for key in range(own + 1):
                near = window is None or own - key < window
                allowed[row, query, key] = sequence[own] >= 0 and sequence[key] == sequence[own] and near
    return allowed


def attention(q, k, v, sinks, allowed, scale):
    """(batch, queries, heads, width) in the type of the arguments, as upstream's eager does it."""
    group = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
    scores = q @ k.transpose(-1, -2) * scale
    scores = scores.masked_fill(~allowed[:, None].to(q.device), torch.finfo(q.dtype).min)
    scores = torch.cat([scores, sinks.to(q.dtype).view(1, -1, 1, 1).expand(*scores.shape[:3], 1)], -1)
    scores = scores - scores.max(-1, keepdim=True).values
    return (torch.softmax(scores, -1, dtype=scores.dtype)[..., :-1] @ v).transpose(1, 2)


def gradients(function, inputs, weight):
    """Output and gradients of ``sum(function(*inputs) * weight)``, detached."""
    inputs = [x.detach().clone().requires_grad_() for x in inputs]
    out = function(*inputs)
    return [out.detach(), *torch.autograd.grad(out, inputs, weight.to(out.dtype))]


def error(found, wanted):
    """Norm-relative."""
    return ((found.double() - wanted.double()).norm() / wanted.double().norm().clamp(min=1e-30)).item()


NAMES = ("out", "dq", "dk", "dv", "dsinks")
