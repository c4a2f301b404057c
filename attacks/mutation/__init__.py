"""Mutants of the catalogue: the same hacks in other words, the same honest kernels in other words.

``engine.mutants`` draws them, ``operators.OPERATORS`` says how, ``proof.replay_mutants`` replays them and proves each
against the weak control. Needs libcst (the extra ``mutate``).
"""
