"""The reward in other frameworks' signatures, one module each; a module imports its framework, this file none.

Where a framework knows no missing reward, a fault of ours raises InfraError: docs/adapters.md says what follows.
"""
