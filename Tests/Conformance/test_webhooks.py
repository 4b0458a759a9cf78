"""A real delivery, checked with the Standard Webhooks library from PyPI: what our customers use against us."""

import http.server
import json
import queue
import threading
import unittest

from standardwebhooks import Webhook, WebhookVerificationError

from running_system import RunningSystem


class Receiver:
    """Takes deliveries on a free port and hands them over as (headers, body)."""

    def __init__(self):
        deliveries = self.deliveries = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                deliveries.put((dict(self.headers.items()), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class StandardWebhooksConformance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = RunningSystem(VOICERA_ALLOW_TARGETS="127.0.0.0/8")
        cls.addClassCleanup(cls.system.stop)
        cls.receiver = Receiver()
        cls.addClassCleanup(cls.receiver.close)

    def post(self, path, value):
        status, _, body = self.system.request("POST", path, value)
        self.assertLess(status, 300, body)
        return json.loads(body)

    def deliver(self, event, data, **endpoint):
        """Publishes to an endpoint of its own; the secret, the delivery's headers and its body."""
        secret = self.post("/api/webhooks", {"eventType": event, "webhookUrl": self.receiver.url, **endpoint})["secret"]
        self.post("/api/events", {"event": event, "data": data})
        headers, body = self.receiver.deliveries.get(timeout=20)
        return secret, headers, body

    def test_a_delivery_is_accepted_and_says_what_was_published(self):
        data = {"text": "größer als ½ € \U0001f399", "number": 12345678901234567890, "nested": {"list": [1, 2.5, None, True]}}
        secret, headers, body = self.deliver("conformance.accepted", data)
        message = Webhook(secret).verify(body, headers)
        self.assertEqual(message["event"], "conformance.accepted")
        self.assertEqual(message["data"], data)
        self.assertEqual(headers["content-type"], "application/json")

    def test_a_delivery_signed_with_the_customers_own_secret_is_accepted(self):
        own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        secret, headers, body = self.deliver("conformance.own", {"n": 1}, secret=own)
        self.assertEqual(secret, own)
        Webhook(own).verify(body, headers)

    def test_one_changed_byte_is_refused(self):
        secret, headers, body = self.deliver("conformance.changed", {"amount": 100})
        webhook = Webhook(secret)
        webhook.verify(body, headers)
        for position in (0, len(body) // 2, len(body) - 1):
            changed = bytearray(body)
            changed[position] ^= 1
            with self.assertRaises(WebhookVerificationError):
                # As Latin-1, in which every byte is a character: the library takes text, and the change need not be UTF-8.
                webhook.verify(bytes(changed).decode("latin-1"), headers)
        # Where one digit is changed for another one. Not the last of the signature: base64 has two bits there that mean nothing.
        for name, position in (("webhook-id", -2), ("webhook-timestamp", -2), ("webhook-signature", 10)):
            value = list(headers[name])
            value[position] = "1" if value[position] != "1" else "2"
            with self.assertRaises(WebhookVerificationError):
                webhook.verify(body, {**headers, name: "".join(value)})

    def test_another_endpoints_secret_does_not_fit(self):
        _, headers, body = self.deliver("conformance.other", {"n": 1})
        with self.assertRaises(WebhookVerificationError):
            Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").verify(body, headers)


if __name__ == "__main__":
    unittest.main()
