"""The document that we serve, checked as a document; and the system against the document, by a client that takes it at its word."""

import copy
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

import jsonschema
import openapi_spec_validator
import referencing
import referencing.jsonschema

from running_system import RunningSystem

HOOKS = pathlib.Path(__file__).with_name("schemathesis_hooks.py")
METHODS = ("get", "put", "post", "delete", "patch")
# Seconds. It takes a third of that when nothing else is built or tested on the machine.
LONGEST = 900
# The addresses that the client invents may be somebody's: nothing is delivered but to ourselves.
NOWHERE = ["0.0.0.0/2", "64.0.0.0/3", "96.0.0.0/4", "112.0.0.0/5", "120.0.0.0/6", "124.0.0.0/7", "126.0.0.0/8", "128.0.0.0/1", "::/0"]
# They want a client's or a browser's own credentials, which this client does not have.
OF_OTHERS = {
    "POST /api/oauth/token", "POST /api/oauth/revoke", "POST /api/oauth/introspect", "POST /api/oauth/par", "POST /api/oauth/login",
    "POST /api/oauth/consent", "POST /api/oauth/consents", "POST /api/oauth/logout", "POST /api/oauth/register", "GET /api/oauth/register/{id}",
    "PUT /api/oauth/register/{id}", "DELETE /api/oauth/register/{id}", "GET /api/oauth/authorize", "POST /api/oauth/authorize",
}


class Document:
    URI = "urn:voicera:document"

    def __init__(self, content):
        self.content = content
        resource = referencing.Resource.from_contents(content, default_specification=referencing.jsonschema.DRAFT202012)
        self.registry = referencing.Registry().with_resource(self.URI, resource)

    def operations(self):
        for path, item in self.content["paths"].items():
            for method in METHODS:
                if method in item:
                    yield f"{method.upper()} {path}", item[method]

    def resolved(self, value):
        while "$ref" in value:
            value = self.at(value["$ref"].removeprefix("#"))
        return value

    def at(self, pointer):
        value = self.content
        for part in pointer.split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            value = value[int(part)] if isinstance(value, list) else value[part]
        return value

    def complaints(self, value, pointer):
        """What is wrong with the value by the schema at the pointer."""
        schema = {"$ref": f"{self.URI}#{pointer}"}
        validator = jsonschema.Draft202012Validator(
            schema, registry=self.registry, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        )
        return [f"{error.json_path} {error.message}" for error in validator.iter_errors(value)]

    def examples(self):
        """Each example, where it is, and the pointer to the schema that it is one of."""
        yield from self._examples(self.content, "")

    def _examples(self, value, pointer):
        if isinstance(value, list):
            for index, element in enumerate(value):
                yield from self._examples(element, f"{pointer}/{index}")
        if not isinstance(value, dict):
            return
        shown = value.get("examples")
        # A schema's own are a list; those of a body, a parameter or a header are named, or a single one.
        if isinstance(shown, list):
            yield from ((example, f"{pointer}/examples/{index}", pointer) for index, example in enumerate(shown))
        if "schema" in value:
            named = {name: self.resolved(example)["value"] for name, example in shown.items()} if isinstance(shown, dict) else {}
            if "example" in value:
                named["example"] = value["example"]
            yield from ((example, f"{pointer} {name}", f"{pointer}/schema") for name, example in named.items())
        for name, member in value.items():
            if name in ("example", "examples", "enum", "const", "default"):
                continue
            yield from self._examples(member, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")


class OpenAPIConformance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Limits of their own are tested elsewhere: here a 429 would only hide what stands behind it.
        cls.system = RunningSystem(VOICERA_ALLOW_TARGETS="127.0.0.0/8", VOICERA_DENY_TARGETS=",".join(NOWHERE), VOICERA_RATE_LIMITS="off")
        cls.addClassCleanup(cls.system.stop)
        cls.own_key = cls.call("/api/keys")["data"][0]["id"]
        cls.bury(20)
        status, headers, body = cls.system.request("GET", "/api/openapi.json")
        assert status == 200 and headers["content-type"].startswith("application/json"), f"{status} {headers}"
        cls.document = Document(json.loads(body))
        cls.living = cls.make()

    @classmethod
    def make(cls):
        """Ids of things that are there, by the paths that are for them: no link of the document leads to them."""
        letter = cls.call("/api/dead-letters")["data"][0]["id"]
        delivery = cls.call(f"/api/webhooks/{cls.buried}/deliveries")["data"][0]["id"]
        pair = cls.call("/api/webhooks", {"eventType": "conformance.signed", "webhookUrl": "http://127.0.0.1:19999/", "signature": "v1a"})["id"]
        schedule = cls.call("/api/schedules", {"name": "living", "cron": "0 0 1 1 *", "timeZone": "UTC", "kind": "noop", "payload": {}})["id"]
        user = cls.call("/api/users", {"name": "Living", "email": "living@example.com"})["id"]
        living = {
            "/api/dead-letters/{id}": letter, "/api/deliveries/{id}": delivery, "/api/deliveries/{id}/redeliver": delivery,
            "/api/webhooks/{id}/keys": pair, "/api/schedules/{id}": schedule, "/api/users/{id}/password": user,
        }
        for verb in ("pause", "resume", "cancel"):
            replay = cls.call(f"/api/webhooks/{cls.buried}/replay", {"rate": 1})["id"]
            living["/api/replays/{id}/" + verb] = replay
            if verb == "resume":
                cls.call(f"/api/replays/{replay}/pause", {})
        return living

    def with_living_ids(self):
        content = copy.deepcopy(self.document.content)
        for path, id in self.living.items():
            parameter = next(parameter for parameter in content["paths"][path]["parameters"] if parameter["name"] == "id")
            parameter["example"] = id
        return content

    @classmethod
    def bury(cls, count):
        """Dead letters, which no request makes at once: deliveries whose payload is gone."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        cls.buried = cls.call("/api/webhooks", {"eventType": "conformance.buried", "webhookUrl": f"http://127.0.0.1:{port}/"})["id"]
        for number in range(count):
            cls.call("/api/events", {"event": "conformance.buried", "data": {"number": number}})
        cls.system.execute("UPDATE jobs SET payload = '{}' WHERE kind = 'webhook.deliver'")
        cls.system.until(lambda: len(cls.call("/api/dead-letters?limit=200")["data"]) == count, "the deliveries are buried", 60)
        # Any payload is one for this kind.
        cls.system.execute("UPDATE jobs SET kind = 'noop' WHERE state = 'dead'")

    @classmethod
    def call(cls, path, value=None):
        status, _, body = cls.system.request("GET" if value is None else "POST", path, value)
        assert 200 <= status < 300, f"{path}: {status} {body}"
        return json.loads(body)

    def test_it_is_a_valid_document(self):
        self.assertRegex(self.document.content["openapi"], r"^3\.1\.")
        errors = [f"{list(error.path)}: {error.message}"[:500] for error in openapi_spec_validator.OpenAPIV31SpecValidator(self.document.content).iter_errors()]
        self.assertEqual(errors, [])

    def test_every_example_is_what_its_schema_says(self):
        examples = list(self.document.examples())
        self.assertGreater(len(examples), 50)
        wrong = [f"{place}: {complaint}" for example, place, pointer in examples for complaint in self.document.complaints(example, pointer)]
        self.assertEqual(wrong, [], "\n".join(wrong))

    def test_every_operation_says_what_a_reader_needs(self):
        tags = {tag["name"] for tag in self.document.content["tags"]}
        seen, wrong = set(), []

        def demand(holds, name, complaint):
            if not holds:
                wrong.append(f"{name}: {complaint}")

        for name, operation in self.document.operations():
            demand(operation.get("operationId") and operation["operationId"] not in seen, name, "no operationId of its own")
            seen.add(operation.get("operationId"))
            demand(operation.get("summary"), name, "no summary")
            demand(operation.get("tags") and tags.issuperset(operation["tags"]), name, "no tag, or one that is not explained")
            demand("security" in operation, name, "does not say who may call it")
            if "requestBody" in operation:
                body = self.document.resolved(operation["requestBody"])
                for media_type, content in body["content"].items():
                    demand("example" in content or "examples" in content, name, f"no example of a {media_type} body")
            responses = {status: self.document.resolved(response) for status, response in operation["responses"].items()}
            demand(any(status[0] in "23" for status in responses), name, "no answer but refusals")
            refusals = {"401"} if "/api/oauth/" in name else {"401", "403"}
            demand(not operation.get("security") or refusals <= responses.keys(), name, "does not say how it refuses strangers")
            for status, response in responses.items():
                demand(response.get("description"), name, f"{status} is not described")
                content = response.get("content", {})
                if status[0] in "23":
                    for media_type, shown in content.items():
                        isText = media_type.startswith("text/")
                        demand(isText or "example" in shown or "examples" in shown, name, f"no example of its {status}")
                else:
                    demand(content, name, f"no problem is shown for its {status}")
        self.assertEqual(wrong, [], "\n".join(wrong))

    def test_every_event_that_we_publish_is_described(self):
        events = self.document.content["webhooks"]
        for name in ("user.created", "user.updated", "course.completed", "quiz.submitted"):
            body = self.document.resolved(events[name]["post"]["requestBody"])
            self.assertIn("application/json", body["content"], name)

    def test_a_strict_client_finds_no_fault(self):
        report = self.run_schemathesis()
        counts = report["operations"]
        self.assertEqual((counts["tested"], counts["selected"]), (counts["total"], counts["total"]), counts)
        self.assertEqual(counts["total"], len(list(self.document.operations())))
        self.assertEqual((report["stop_reason"], report["complete"]), ("completed", True))
        # A run in which everything is refused would find no fault either.
        accepted = {name: sum(phase["accepted"] for phase in phases.values()) for name, phases in report["valid_rates"].items()}
        never = {name for name, _ in self.document.operations() if not accepted.get(name)}
        # Some are not met with an id that is still there, and which ones is up to chance.
        self.assertLess(len(never - OF_OTHERS), counts["total"] / 10, sorted(never))
        self.assertIsNone(self.system.process.poll(), "the system has ended")

    def run_schemathesis(self):
        with tempfile.TemporaryDirectory(prefix="voicera-schemathesis-") as folder:
            report = pathlib.Path(folder) / "report.json"
            document = pathlib.Path(folder) / "openapi.json"
            # From a file: what it is read from over HTTP, it leaves out.
            document.write_text(json.dumps(self.with_living_ids()))
            arguments = [
                pathlib.Path(sys.executable).with_name("schemathesis"), "run", str(document), "--url", self.system.url, "--header",
                f"Authorization: Bearer {self.system.key}", "--checks", "all", "--max-examples", "50", "--seed", "1", "--request-timeout",
                "30", "--generation-database", "none", "--report", "json", "--report-json-path", str(report),
            ]
            # In a folder of its own, since it remembers what it has seen.
            run = subprocess.run(
                arguments + ["--no-color"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LONGEST,
                env=os.environ | {"NO_PROXY": "127.0.0.1", "SCHEMATHESIS_HOOKS": str(HOOKS), "VOICERA_OWN_KEY": self.own_key},
            )
            self.assertEqual(run.returncode, 0, run.stdout[-60_000:])
            return json.loads(report.read_text())


if __name__ == "__main__":
    unittest.main()
