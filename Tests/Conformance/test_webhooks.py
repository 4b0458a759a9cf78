"""A real delivery, checked with the Standard Webhooks library from PyPI: what our customers use against us."""

import http.server
import json
import os
import pathlib
import queue
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request

from standardwebhooks import Webhook, WebhookVerificationError

ROOT = pathlib.Path(__file__).resolve().parents[2]
VOICERA = os.environ.get("VOICERA_BIN", str(ROOT / ".build/debug/voicera"))


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
        cls.folder = tempfile.TemporaryDirectory(prefix="voicera-conformance-")
        cls.addClassCleanup(cls.folder.cleanup)
        # The database's user must get through.
        os.chmod(cls.folder.name, 0o711)
        data = pathlib.Path(cls.folder.name) / "data"
        environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "VOICERA_SECRET_KEY", "WEBHOOK_SECRET")}
        environment["VOICERA_ALLOW_TARGETS"] = "127.0.0.0/8"
        log = open(pathlib.Path(cls.folder.name) / "up.log", "w+")
        cls.addClassCleanup(log.close)
        cls.up = subprocess.Popen([VOICERA, "up", "--data", str(data), "--listen", "127.0.0.1:0"], env=environment, stdout=log, stderr=log)
        cls.addClassCleanup(cls.stop)
        deadline = time.monotonic() + 60
        while not (data / "run.json").exists():
            if cls.up.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                raise RuntimeError(f"voicera up is not ready:\n{log.read()[-4000:]}")
            time.sleep(0.05)
        cls.run_file = json.loads((data / "run.json").read_text())
        cls.receiver = Receiver()
        cls.addClassCleanup(cls.receiver.close)

    @classmethod
    def stop(cls):
        cls.up.send_signal(signal.SIGTERM)
        try:
            cls.up.wait(60)
        except subprocess.TimeoutExpired:
            cls.up.kill()
            cls.up.wait()

    def post(self, path, value):
        request = urllib.request.Request(
            self.run_file["baseUrl"] + path,
            data=json.dumps(value).encode(),
            headers={"Authorization": "Bearer " + self.run_file["apiKey"], "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

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
