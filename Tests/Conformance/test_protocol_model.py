"""The protocol's Promela model, searched by spin: Tests/Model/protocol.py. Each configuration holds, each broken variant fails by its law.

One search alone, or a larger world, is a command: see CONTRIBUTING.md.
"""
import concurrent.futures, os, pathlib, re, sys, unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'Model'))
import protocol

CASES = list(protocol.everything())


class ProtocolModel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # spin, gcc and the search are processes of their own: threads only wait for them.
        pool = concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count())
        cls.searches = {name: pool.submit(protocol.Result, definitions, expected is not None) for name, definitions, expected in CASES}
        pool.shutdown(wait=False)

    def examine(self, name, definitions, expected):
        result = self.searches[name].result()
        print(protocol.line(name, result), flush=True)
        said = protocol.complaint(name, definitions, expected, result)
        if said: self.fail(said)

    def test_that_every_law_can_be_broken(self):
        broken = {search.result().law for search in self.searches.values()}
        self.assertEqual(protocol.laws() - broken, set(), 'no broken variant breaks these: they may hold for want of a way to fail')

    def test_that_every_statement_of_the_model_is_reached(self):
        held = [search.result() for search in self.searches.values()]
        missing = set().union(*(r.statements for r in held)) - set().union(*(r.reached for r in held))
        # The protocol does not end, so neither does `init`.
        self.assertEqual({place for place in missing if not place.startswith('protocol.pml')}, set())


for _name, _definitions, _expected in CASES:
    def _test(self, case=(_name, _definitions, _expected)): self.examine(*case)
    setattr(ProtocolModel, 'test_' + re.sub(r'\W+', '_', _name), _test)


if __name__ == '__main__':
    unittest.main()
