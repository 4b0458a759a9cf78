"""Our JSON Schema against the reference implementation in Python: thousands of random schemas and values, the same verdict on each.

A type of events is made with a schema and an example; an example that does not fit is refused, with a pointer to what does not. Many pairs go with one
request, each under a property of its own.
"""

import json
import random
import unittest

import jsonschema

from running_system import RunningSystem

SEED = 4
ROUNDS = 250
PAIRS = 20

WORDS = ["", "a", "b", "ab", "abc", "é", "e\u0301", "💩", "a/b", "m~n", "2024-01-15T10:30:00Z", "x-1"]
NUMBERS = [0, -0.0, 1, 1.0, -1, 2, 3, 5, 10, 0.5, 1.5, -2.25, 1e2, 1e20, 123456789012345678901234567890, 7, 100]
PATTERNS = ["^a", "b$", "a|b", "^[a-c]+$", "^.{2,3}$", "^x-\\d+$", "^(ab?)*$", "[^a]"]


class Generator:
    """Small schemas and values that meet often: a random value against a random schema hardly ever fits."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def value(self, depth=0):
        kind = self.random.choice(["null", "boolean", "number", "number", "string", "string"] + (["array", "object"] * 2 if depth < 3 else []))
        if kind == "null":
            return None
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind == "number":
            return self.random.choice(NUMBERS)
        if kind == "string":
            return self.random.choice(WORDS)
        if kind == "array":
            return [self.value(depth + 1) for _ in range(self.random.randrange(4))]
        return {self.random.choice(WORDS): self.value(depth + 1) for _ in range(self.random.randrange(4))}

    def schema(self, definitions, depth=0):
        if self.random.random() < 0.06:
            return self.random.random() < 0.6
        schema = {}
        for _ in range(self.random.choice([1, 1, 2, 3])):
            keyword = self.random.choice(self.FLAT if depth >= 3 else self.FLAT + self.NESTED)
            schema.update(getattr(self, "make_" + keyword)(definitions, depth))
        return schema

    FLAT = ["type", "type", "enum", "const", "bounds", "multiple", "length", "pattern", "items_count", "unique", "required", "members_count", "dependent", "ref"]
    NESTED = ["properties", "properties", "additional", "patterns", "names", "prefix", "items", "contains", "combined", "combined", "negated", "conditional", "dependents"]

    def make_type(self, *_):
        names = ["null", "boolean", "number", "integer", "string", "array", "object"]
        return {"type": self.random.choice(names) if self.random.random() < 0.5 else self.random.sample(names, self.random.randrange(1, 4))}

    def make_enum(self, *_):
        return {"enum": [self.value(1) for _ in range(self.random.randrange(1, 5))]}

    def make_const(self, *_):
        return {"const": self.value(1)}

    def make_bounds(self, *_):
        keyword = self.random.choice(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])
        return {keyword: self.random.choice(NUMBERS)}

    def make_multiple(self, *_):
        # Python divides in binary: only divisors that are exact there are the same for both.
        return {"multipleOf": self.random.choice([1, 2, 3, 0.5, 0.25, 5, 10])}

    def make_length(self, *_):
        return {self.random.choice(["minLength", "maxLength"]): self.random.choice([0, 1, 2, 3, 2.0])}

    def make_pattern(self, *_):
        return {"pattern": self.random.choice(PATTERNS)}

    def make_items_count(self, *_):
        return {self.random.choice(["minItems", "maxItems"]): self.random.randrange(4)}

    def make_unique(self, *_):
        return {"uniqueItems": self.random.random() < 0.8}

    def make_required(self, *_):
        return {"required": self.random.sample(WORDS, self.random.randrange(3))}

    def make_members_count(self, *_):
        return {self.random.choice(["minProperties", "maxProperties"]): self.random.randrange(4)}

    def make_dependent(self, *_):
        return {"dependentRequired": {self.random.choice(WORDS): self.random.sample(WORDS, self.random.randrange(1, 3))}}

    def make_ref(self, definitions, _):
        return {"$ref": "#/$defs/" + self.random.choice(definitions)} if definitions else {}

    def make_properties(self, definitions, depth):
        return {"properties": {word: self.schema(definitions, depth + 1) for word in self.random.sample(WORDS, self.random.randrange(1, 4))}}

    def make_additional(self, definitions, depth):
        return {"additionalProperties": self.schema(definitions, depth + 1)}

    def make_patterns(self, definitions, depth):
        return {"patternProperties": {self.random.choice(PATTERNS): self.schema(definitions, depth + 1)}}

    def make_names(self, definitions, depth):
        return {"propertyNames": self.schema(definitions, depth + 1)}

    def make_prefix(self, definitions, depth):
        return {"prefixItems": [self.schema(definitions, depth + 1) for _ in range(self.random.randrange(1, 3))]}

    def make_items(self, definitions, depth):
        return {"items": self.schema(definitions, depth + 1)}

    def make_contains(self, definitions, depth):
        made = {"contains": self.schema(definitions, depth + 1)}
        if self.random.random() < 0.5:
            made["minContains"] = self.random.randrange(3)
        if self.random.random() < 0.5:
            made["maxContains"] = self.random.randrange(3)
        return made

    def make_combined(self, definitions, depth):
        keyword = self.random.choice(["allOf", "anyOf", "oneOf"])
        return {keyword: [self.schema(definitions, depth + 1) for _ in range(self.random.randrange(1, 4))]}

    def make_negated(self, definitions, depth):
        return {"not": self.schema(definitions, depth + 1)}

    def make_conditional(self, definitions, depth):
        made = {"if": self.schema(definitions, depth + 1)}
        for keyword in ("then", "else"):
            if self.random.random() < 0.7:
                made[keyword] = self.schema(definitions, depth + 1)
        return made

    def make_dependents(self, definitions, depth):
        return {"dependentSchemas": {self.random.choice(WORDS): self.schema(definitions, depth + 1)}}

    def definitions(self):
        """Each refers only to those before it, so that nothing goes on for ever."""
        made = {}
        for number in range(3):
            made[f"d{number}"] = self.schema(list(made), 1)
        return made


class JSONSchemaConformance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = RunningSystem()
        cls.addClassCleanup(cls.system.stop)

    @classmethod
    def send(cls, method, path, value=None):
        status, _, body = cls.system.request(method, path, value)
        return status, json.loads(body or "null")

    def misfits(self, definitions, schemas, values):
        """The names of the values that do not fit, by our own validator."""
        body = {
            "name": "schema.check",
            "schema": {"$defs": definitions, "properties": schemas, "required": sorted(schemas)},
            "example": values,
        }
        status, answer = self.send("POST", "/api/event-types", body)
        if status == 201:
            self.assertEqual(self.send("DELETE", "/api/event-types/schema.check")[0], 204)
            return set()
        self.assertEqual((status, answer.get("code")), (409, "example_does_not_fit"), json.dumps([answer, body]))
        return {error["pointer"].split("/")[2] for error in answer["errors"]}

    def test_verdicts_are_those_of_the_reference(self):
        generator = Generator(SEED)
        pairs = fitting = 0
        for number in range(ROUNDS):
            definitions = generator.definitions()
            jsonschema.Draft202012Validator.check_schema({"$defs": definitions})
            schemas = {f"p{index}": generator.schema(list(definitions)) for index in range(PAIRS)}
            values = {name: generator.value() for name in schemas}
            expected = {
                name
                for name, schema in schemas.items()
                if not jsonschema.Draft202012Validator({"$defs": definitions, "allOf": [schema]}).is_valid(values[name])
            }
            if number % 2:
                # Under two negations there is one fault a value, and it is found the short way.
                sent = {name: {"not": {"not": schema}} for name, schema in schemas.items()}
                found = self.misfits(definitions, sent, values)
            else:
                # All faults of a value, and 50 are told at most.
                names = sorted(schemas)
                found = set()
                for begin in range(0, PAIRS, 4):
                    part = names[begin : begin + 4]
                    found |= self.misfits(definitions, {name: schemas[name] for name in part}, {name: values[name] for name in part})
            wrong = expected ^ found
            self.assertEqual(
                wrong, set(), json.dumps([{"schema": schemas[n], "value": values[n], "fits": n not in expected} for n in wrong] + [definitions], indent=1)
            )
            pairs += PAIRS
            fitting += PAIRS - len(expected)
        # A check that says no to everything would pass for one that never says yes.
        self.assertGreater(fitting, pairs * 0.2)
        self.assertLess(fitting, pairs * 0.8)
        print(f"{pairs} pairs, {fitting} of them fitting")

    def test_the_catalogue_is_valid_and_so_are_its_examples(self):
        status, page = self.send("GET", "/api/event-types")
        self.assertEqual(status, 200)
        self.assertEqual(len(page["data"]), 12)
        for event_type in page["data"]:
            jsonschema.Draft202012Validator.check_schema(event_type["schema"])
            jsonschema.Draft202012Validator(event_type["schema"]).validate(event_type["example"])


if __name__ == "__main__":
    unittest.main()
