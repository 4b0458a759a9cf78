"""Loaded by schemathesis: the client may do everything but take away or narrow the key that it goes by, which would end the test and look like success."""

import os

import schemathesis

OWN_KEY = os.environ["VOICERA_OWN_KEY"]
NOBODYS_KEY = "key_00000000000000000000000000"


@schemathesis.hook
def before_call(context, case, kwargs):
    if (case.path_parameters or {}).get("id") == OWN_KEY:
        case.path_parameters["id"] = NOBODYS_KEY
