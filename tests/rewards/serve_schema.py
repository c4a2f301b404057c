"""``assay serve`` against its own OpenAPI schema, by schemathesis; run by test_serve.py, which says where the server is."""

import json
import os
from pathlib import Path

import hypothesis
import schemathesis

DESCRIPTION = json.loads(Path(os.environ["SERVE_SCHEMA"]).read_text())


@schemathesis.openapi.from_dict(DESCRIPTION).parametrize()
@hypothesis.settings(max_examples=50, deadline=None, derandomize=True, database=None)
def test_the_server_does_what_its_schema_says(case):
    case.call_and_validate(
        base_url=os.environ["SERVE_URL"], headers={"Authorization": f"Bearer {os.environ['SERVE_TOKEN']}"}
    )
