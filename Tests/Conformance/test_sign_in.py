"""The sign-in and consent pages in a real browser: Chromium signs in, denies and approves, wide and narrow, with and without scripts."""

import base64
import hashlib
import html
import http.server
import json
import os
import pathlib
import shutil
import threading
import unittest
import urllib.parse
import urllib.request

try:
    from selenium import webdriver
    from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:  # told by the skip below
    webdriver = None

from running_system import RunningSystem

# Where the pages are kept as pictures, for who wants to look at them.
SCREENSHOTS = os.environ.get("VOICERA_SCREENSHOTS")
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PASSWORD = "correct horse battery staple"
EMAIL = "john@example.com"


class Program(http.server.BaseHTTPRequestHandler):
    """A program on the user's machine, to which the answer is sent."""

    answers = []

    def do_GET(self):
        if self.path.startswith("/cb"):
            Program.answers.append(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query)))
        frame = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query)).get("frame", "")
        body = b"<!DOCTYPE html><html lang='en'><title>Back</title><link rel='icon' href='data:,'><h1>Back in the program</h1>"
        if frame:
            body += f"<iframe src='{html.escape(frame)}'></iframe>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


# On CI a browser that is missing is a failure, not a reason to look away.
HAS_BROWSER = bool(webdriver and shutil.which("chromium") and shutil.which("chromedriver"))


@unittest.skipUnless(HAS_BROWSER or os.environ.get("CI"), "chromium, chromium-driver or selenium is not installed")
class SignInConformance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = RunningSystem()
        cls.addClassCleanup(cls.system.stop)
        program = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Program)
        threading.Thread(target=program.serve_forever, daemon=True).start()
        cls.addClassCleanup(program.server_close)
        cls.addClassCleanup(program.shutdown)
        cls.callback = f"http://127.0.0.1:{program.server_port}/cb"
        cls.user = cls.call("POST", "/api/users", {"name": "John Doe", "email": EMAIL, "role": "developer"})
        cls.call("PUT", f"/api/users/{cls.user['id']}/password", {"password": PASSWORD})
        cls.client = cls.call(
            "POST",
            "/api/oauth/clients",
            {
                "name": "Course reports",
                "grantTypes": ["authorization_code", "refresh_token"],
                "redirectUris": ["http://127.0.0.1/cb"],
                "scopes": ["courses:read", "events:read", "webhooks:write"],
            },
        )

    @classmethod
    def call(cls, method, path, value=None):
        status, _, body = cls.system.request(method, path, value)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {body}")
        return json.loads(body) if body else None

    def browser(self, size, scripts=True, dark=False):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
            options.add_argument(argument)
        if not scripts:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        self.addCleanup(driver.quit)
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": size, "height": 800, "deviceScaleFactor": 1, "mobile": size < 500})
        if dark:
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        return driver

    def authorize_url(self, **changes):
        parameters = {
            "client_id": self.client["clientId"],
            "redirect_uri": self.callback,
            "response_type": "code",
            "scope": "courses:read events:read webhooks:write",
            "state": "a state/with=signs&é",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return self.system.url + "/api/oauth/authorize?" + urllib.parse.urlencode(parameters)

    def picture(self, driver, name):
        if SCREENSHOTS:
            driver.save_screenshot(str(pathlib.Path(SCREENSHOTS) / f"{name}.png"))

    def heading(self, driver, text):
        # A page that goes away while it is looked at is looked at again.
        waiting = WebDriverWait(driver, 30, ignored_exceptions=(NoSuchElementException, StaleElementReferenceException))
        waiting.until(lambda d: d.find_element(By.TAG_NAME, "h1").text == text, text)

    def fits(self, driver):
        # Nothing is wider than the window.
        metrics = driver.execute_cdp_cmd("Page.getLayoutMetrics", {})
        self.assertLessEqual(metrics["cssContentSize"]["width"], metrics["cssLayoutViewport"]["clientWidth"])

    def no_complaints(self, driver, allowed=()):
        lines = [line["message"] for line in driver.get_log("browser") if not any(word in line["message"] for word in allowed)]
        self.assertEqual(lines, [])

    def sign_in(self, driver, password=PASSWORD):
        driver.find_element(By.ID, "email").clear()
        driver.find_element(By.ID, "email").send_keys(EMAIL)
        driver.find_element(By.ID, "password").send_keys(password + Keys.ENTER)

    def walk(self, width, scripts=True, dark=False):
        name = f"{width}{'' if scripts else '-noscript'}{'-dark' if dark else ''}"
        driver = self.browser(width, scripts, dark)
        driver.get(self.authorize_url())
        self.heading(driver, "Sign in")
        self.picture(driver, f"sign-in-{name}")
        self.fits(driver)
        self.assertEqual(driver.switch_to.active_element.get_attribute("id"), "email")
        self.no_complaints(driver)

        self.sign_in(driver, "a wrong password")
        WebDriverWait(driver, 30).until(lambda d: d.find_elements(By.CSS_SELECTOR, "[role=alert]"), "an error is shown")
        self.picture(driver, f"refused-{name}")
        self.fits(driver)
        self.assertIn("is not right", driver.find_element(By.CSS_SELECTOR, "[role=alert]").text)
        self.assertEqual(driver.switch_to.active_element.get_attribute("role"), "alert")
        self.assertEqual(driver.find_element(By.ID, "password").get_attribute("value"), "")
        # Chromium tells of every page that is no 200.
        self.no_complaints(driver, allowed=("status of 422",))

        self.sign_in(driver)
        self.heading(driver, "Allow access?")
        self.picture(driver, f"consent-{name}")
        self.fits(driver)
        page = driver.find_element(By.TAG_NAME, "main").text
        for words in ("Course reports", "See courses, enrollments and results", "Set up webhooks", EMAIL, "127.0.0.1"):
            self.assertIn(words, page)

        Program.answers.clear()
        driver.find_element(By.CSS_SELECTOR, "button[value=deny]").click()
        self.heading(driver, "Back in the program")
        self.assertEqual(Program.answers[-1]["error"], "access_denied")
        self.assertEqual(Program.answers[-1]["state"], "a state/with=signs&é")

        driver.get(self.authorize_url())
        self.heading(driver, "Allow access?")
        driver.find_element(By.CSS_SELECTOR, "button[value=allow]").click()
        self.heading(driver, "Back in the program")
        answer = Program.answers[-1]
        self.assertEqual((answer["state"], answer["iss"]), ("a state/with=signs&é", self.system.url))
        self.assertNotIn("error", answer)
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": self.callback,
            "code_verifier": VERIFIER,
            "client_id": self.client["clientId"],
            "client_secret": self.client["clientSecret"],
        }
        with urllib.request.urlopen(self.system.url + "/api/oauth/token", urllib.parse.urlencode(form).encode(), timeout=10) as response:
            self.assertEqual(json.load(response)["scope"], "courses:read events:read webhooks:write")
        self.no_complaints(driver)
        # Agreed once, not asked again.
        driver.get(self.authorize_url())
        self.heading(driver, "Back in the program")
        # Another set of scopes starts the next walk from the question.
        self.call("DELETE", f"/api/users/{self.user['id']}/consents/{self.client['clientId']}")
        return driver

    def test_wide(self):
        driver = self.walk(1280)
        driver.get(self.system.url + "/api/oauth/logout")
        self.heading(driver, "Sign out?")
        self.picture(driver, "sign-out-1280")
        driver.find_element(By.TAG_NAME, "button").click()
        self.heading(driver, "You are signed out")
        self.assertEqual(driver.get_cookies(), [])
        driver.get(self.authorize_url())
        self.heading(driver, "Sign in")
        self.no_complaints(driver)

    def test_narrow(self):
        self.walk(360, dark=True)

    def take_back(self, width, dark=False):
        """A user lets a program in, sees it in the list, and takes it back there."""
        name = f"{width}{'-dark' if dark else ''}"
        driver = self.browser(width, dark=dark)
        driver.get(self.authorize_url())
        self.sign_in(driver)
        self.heading(driver, "Allow access?")
        driver.find_element(By.CSS_SELECTOR, "button[value=allow]").click()
        self.heading(driver, "Back in the program")
        # Cookies are deleted for the page that is shown, so it has to be one of ours.
        driver.get(self.system.url + "/api/oauth/logout")
        driver.delete_all_cookies()
        driver.get(self.system.url + "/api/oauth/consents")
        self.heading(driver, "Sign in")
        self.picture(driver, f"consents-sign-in-{name}")
        self.sign_in(driver)
        self.heading(driver, "Programs with access")
        self.picture(driver, f"consents-{name}")
        self.fits(driver)
        self.assertIn("Course reports", driver.find_element(By.CSS_SELECTOR, ".programs h2").text)
        button = driver.find_element(By.CSS_SELECTOR, ".programs button")
        # Who only hears the page hears of which program.
        self.assertEqual(button.get_attribute("textContent"), "Take back access of Course reports")
        self.assertGreaterEqual(button.size["height"], 44)
        button.send_keys(Keys.ENTER)
        WebDriverWait(driver, 30).until(lambda d: d.find_elements(By.CSS_SELECTOR, "[role=status]"), "it is said that it was taken back")
        self.picture(driver, f"consents-none-{name}")
        self.fits(driver)
        self.assertIn("There are none", driver.find_element(By.TAG_NAME, "main").text)
        self.assertEqual(driver.find_elements(By.CSS_SELECTOR, ".programs"), [])
        self.no_complaints(driver)
        driver.get(self.authorize_url())
        self.heading(driver, "Allow access?")

    def test_a_user_takes_back_what_a_program_was_let_do(self):
        self.take_back(1280)
        self.take_back(360, dark=True)

    def test_without_scripts(self):
        self.walk(1280, scripts=False)

    def test_a_request_that_cannot_be_answered_is_shown_and_sent_nowhere(self):
        driver = self.browser(360)
        Program.answers.clear()
        driver.get(self.authorize_url(redirect_uri="http://localhost:1/cb"))
        self.heading(driver, "This link cannot be used")
        self.picture(driver, "unusable-360")
        self.fits(driver)
        self.assertEqual(Program.answers, [])

    def test_the_pages_take_nothing_from_elsewhere_and_stand_in_no_frame(self):
        with urllib.request.urlopen(self.authorize_url(), timeout=10) as answer:
            policy = answer.headers["Content-Security-Policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(answer.headers["X-Frame-Options"], "DENY")
            self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(answer.headers["Cache-Control"], "no-store")
            self.assertNotIn(b"<script", answer.read())
        driver = self.browser(1280)
        # A page of somebody else's with a frame: of its own pages the browser shows what is in it, of ours nothing.
        elsewhere = self.callback.removesuffix("/cb")
        for url, is_shown in ((elsewhere + "/other", True), (self.authorize_url(), False)):
            driver.get(elsewhere + "/?frame=" + urllib.parse.quote(url, safe=""))
            driver.switch_to.frame(0)
            headings = [found.text for found in driver.find_elements(By.TAG_NAME, "h1")]
            self.assertEqual("Back in the program" in headings, is_shown)
            self.assertNotIn("Sign in", headings)
            self.assertEqual(driver.find_elements(By.ID, "email"), [])


if __name__ == "__main__":
    unittest.main()
