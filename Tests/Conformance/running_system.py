"""A system of our own for a test: `voicera up` on a data folder that goes with it."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
VOICERA = os.environ.get("VOICERA_BIN", str(ROOT / ".build/debug/voicera"))
# Set by whoever runs the tests for a system of his own; ours must not touch it.
FOREIGN = ("DATABASE_URL", "REDIS_URL", "VOICERA_SECRET_KEY", "WEBHOOK_SECRET", "JWT_SECRET", "OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_CLIENT_REDIRECT_URIS", "OAUTH_REGISTRATION_TOKEN", "OAUTH_DPOP_NONCES",
           "VOICERA_PUBLIC_URL", "VOICERA_TLS_CERTIFICATE", "VOICERA_TLS_KEY", "VOICERA_CORS_ORIGINS", "VOICERA_TRUSTED_PROXIES", "VOICERA_RATE_LIMITS")


class RunningSystem:
    def __init__(self, arguments=(), **settings):
        self.folder = tempfile.TemporaryDirectory(prefix="voicera-conformance-")
        # The database's user must get through.
        os.chmod(self.folder.name, 0o711)
        self.data = pathlib.Path(self.folder.name) / "data"
        self.log = open(pathlib.Path(self.folder.name) / "up.log", "w+")
        environment = {name: value for name, value in os.environ.items() if name not in FOREIGN} | settings
        self.process = subprocess.Popen(
            [VOICERA, "up", "--data", str(self.data), "--listen", "127.0.0.1:0", *arguments], env=environment, stdout=self.log, stderr=self.log
        )
        deadline = time.monotonic() + 60
        while not (self.data / "run.json").exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = self.said()
                self.stop()
                raise RuntimeError(f"voicera up is not ready:\n{said}")
            time.sleep(0.05)
        run = json.loads((self.data / "run.json").read_text())
        self.url, self.key, self.database = run["baseUrl"], run["apiKey"], run["databaseUrl"]

    def said(self):
        self.log.seek(0)
        return self.log.read()[-4000:]

    def until(self, condition, what, seconds=30):
        deadline = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"not in time: {what}\n{self.said()}")
            time.sleep(0.05)

    def execute(self, statement):
        subprocess.run(["psql", self.database, "--quiet", "--set", "ON_ERROR_STOP=1", "--command", statement], check=True)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.folder.cleanup()

    def request(self, method, path, value=None, headers=()):
        """The status, the headers and the body of the answer, whatever the status."""
        data = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        for name, content in {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **dict(headers)}.items():
            request.add_header(name, content)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.headers, refusal.read()
