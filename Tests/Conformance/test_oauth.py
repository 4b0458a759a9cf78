"""Every grant, by authlib: as a client that asks for tokens, and as a server that is shown them."""

import concurrent.futures
import html.parser
import json
import os
import unittest
import urllib.parse

# Ours listens on this machine without TLS.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6750.errors import InvalidTokenError
from authlib.oauth2.rfc7591 import ClientMetadataClaims
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from joserfc.jwk import KeySet

from running_system import RunningSystem

REDIRECT = "https://client.example/callback"
PASSWORD = "correct horse battery staple"
REGISTRATION = "an initial access token"


class Forms(html.parser.HTMLParser):
    """The forms of a page: where each goes, and what is filled in already."""

    def __init__(self, text):
        super().__init__()
        self.forms = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.forms.append((given["action"], {}))
        elif tag == "input" and "name" in given:
            self.forms[-1][1][given["name"]] = given.get("value") or ""


class OAuthConformance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = RunningSystem(
            OAUTH_CLIENT_ID="bootstrap", OAUTH_CLIENT_SECRET="bootstrap secret: +%&", OAUTH_REGISTRATION_TOKEN=REGISTRATION)
        cls.addClassCleanup(cls.system.stop)
        cls.url = cls.system.url
        cls.metadata = requests.get(get_well_known_url(cls.url, external=True, suffix="oauth-authorization-server"), timeout=20).json()
        cls.email = "ada@example.com"
        status, _, body = cls.system.request("POST", "/api/users", {"name": "Ada", "email": cls.email, "role": "admin"})
        assert status == 201, body
        cls.user = json.loads(body)["id"]
        status, _, body = cls.system.request("PUT", f"/api/users/{cls.user}/password", {"password": PASSWORD})
        assert status == 204, body

    @classmethod
    def make_client(cls, grants=("authorization_code", "refresh_token"), method="client_secret_basic", scopes=("courses:read", "jobs:read")):
        wanted = {"name": "authlib", "grantTypes": list(grants), "scopes": list(scopes), "tokenEndpointAuthMethod": method}
        if "authorization_code" in grants:
            wanted["redirectUris"] = [REDIRECT]
        status, _, body = cls.system.request("POST", "/api/oauth/clients", wanted)
        assert status == 201, body
        return json.loads(body)

    def session(self, client, **more):
        session = OAuth2Session(
            client["clientId"], client.get("clientSecret"), token_endpoint_auth_method=client["tokenEndpointAuthMethod"],
            redirect_uri=REDIRECT if client["redirectUris"] else None, code_challenge_method="S256",
            token_endpoint=self.metadata["token_endpoint"], **more)
        self.addCleanup(session.close)
        return session

    def machine(self, **more):
        return self.session(self.make_client(("client_credentials",), **more))

    def authorize(self, session, scope="courses:read jobs:read"):
        """Through the pages as a browser goes; the address that the browser is sent back to, and the verifier."""
        verifier = generate_token(64)
        url, state = session.create_authorization_url(self.metadata["authorization_endpoint"], code_verifier=verifier, scope=scope)
        with requests.Session() as browser:
            page = browser.get(url, timeout=20)
            self.assertEqual(page.status_code, 200, page.text)
            page = self.submit(browser, page, "login", {"email": self.email, "password": PASSWORD})
            self.assertEqual(page.status_code, 303, page.text)
            page = browser.get(urllib.parse.urljoin(page.url, page.headers["location"]), allow_redirects=False, timeout=20)
            if page.status_code == 200:
                page = self.submit(browser, page, "consent", {"decision": "allow"})
            self.assertEqual(page.status_code, 303, page.text)
        back = page.headers["location"]
        answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
        self.assertEqual(answer["state"], state)
        self.assertEqual(answer["iss"], self.metadata["issuer"])
        return back, verifier

    def submit(self, browser, page, action, values):
        target, fields = next(form for form in Forms(page.text).forms if form[0].endswith(action))
        return browser.post(urllib.parse.urljoin(page.url, target), {**fields, **values}, allow_redirects=False, timeout=20)

    def granted(self, session, **more):
        back, verifier = self.authorize(session, **more)
        return session.fetch_token(authorization_response=back, code_verifier=verifier)

    def opens(self, token):
        answer = requests.get(self.url + "/api/jobs", headers={"Authorization": f"Bearer {token['access_token']}"}, timeout=20)
        self.assertIn(answer.status_code, (200, 401))
        return answer.status_code == 200

    def refuses(self, error, ask):
        with self.assertRaises(AuthlibBaseError) as refused:
            ask()
        self.assertEqual(refused.exception.error, error)

    def test_the_metadata_is_valid(self):
        AuthorizationServerMetadata(self.metadata).validate()
        self.assertEqual(self.metadata["issuer"], self.url)
        resource = requests.get(self.url + "/.well-known/oauth-protected-resource", timeout=20).json()
        self.assertEqual(resource["authorization_servers"], [self.metadata["issuer"]])
        challenge = requests.get(self.url + "/api/jobs", timeout=20).headers["www-authenticate"]
        self.assertIn(f'resource_metadata="{self.url}/.well-known/oauth-protected-resource"', challenge)

    def test_a_client_acts_for_itself(self):
        for method in ("client_secret_basic", "client_secret_post"):
            session = self.machine(method=method)
            token = session.fetch_token(grant_type="client_credentials", scope="jobs:read")
            self.assertEqual((token["token_type"], token["scope"], token["expires_in"]), ("Bearer", "jobs:read", 900))
            self.assertNotIn("refresh_token", token)
            self.assertEqual(session.get(self.url + "/api/jobs", timeout=20).status_code, 200)
        self.refuses("invalid_scope", lambda: session.fetch_token(grant_type="client_credentials", scope="operator"))

    def test_the_client_of_the_settings_is_there_whatever_its_secret_holds(self):
        for method in ("client_secret_post",):
            session = OAuth2Session(
                "bootstrap", "bootstrap secret: +%&", token_endpoint_auth_method=method, token_endpoint=self.metadata["token_endpoint"])
            self.addCleanup(session.close)
            self.assertTrue(self.opens(session.fetch_token(grant_type="client_credentials")))
        # RFC 6749 has both parts form-encoded before Basic is made of them; authlib leaves that to its caller.
        basic = tuple(urllib.parse.quote_plus(part) for part in ("bootstrap", "bootstrap secret: +%&"))
        answer = requests.post(self.metadata["token_endpoint"], {"grant_type": "client_credentials"}, auth=basic, timeout=20)
        self.assertEqual(answer.status_code, 200, answer.text)

    def test_a_token_verifies_by_the_key_set(self):
        keys = KeySet.import_key_set(requests.get(self.metadata["jwks_uri"], timeout=20).json())

        class Validator(JWTBearerTokenValidator):
            def get_jwks(self):
                return keys

        validator = Validator(issuer=self.metadata["issuer"], resource_server=self.url)
        client = self.make_client(("client_credentials",))
        text = self.session(client).fetch_token(grant_type="client_credentials")["access_token"]
        token = validator.authenticate_token(text)
        validator.validate_token(token, ["jobs:read"], None)
        self.assertEqual(token["sub"], client["clientId"])
        self.assertEqual(token.header["typ"], "at+jwt")
        user = validator.authenticate_token(self.granted(self.session(self.make_client()))["access_token"])
        validator.validate_token(user, ["courses:read"], None)
        self.assertEqual(user["sub"], self.user)
        for other in (Validator(issuer="https://other.example", resource_server=self.url), Validator(issuer=self.url, resource_server="other")):
            with self.assertRaises(InvalidTokenError):
                other.validate_token(other.authenticate_token(text), [], None)
        with self.assertRaises(InvalidTokenError):
            header, claims, signature = text.split(".")
            validator.authenticate_token(f"{header}.{claims}.{signature[::-1]}")

    def test_a_code_with_its_verifier_becomes_tokens(self):
        for method in ("client_secret_basic", "client_secret_post", "none"):
            session = self.session(self.make_client(method=method))
            token = self.granted(session)
            self.assertEqual(token["scope"], "courses:read jobs:read")
            self.assertEqual(session.get(self.url + "/api/jobs", timeout=20).status_code, 200)

    def test_a_code_needs_its_verifier(self):
        session = self.session(self.make_client())
        back, verifier = self.authorize(session)
        self.refuses("invalid_grant", lambda: session.fetch_token(authorization_response=back, code_verifier=generate_token(64)))
        self.refuses("invalid_request", lambda: session.fetch_token(authorization_response=back))
        self.assertTrue(self.opens(session.fetch_token(authorization_response=back, code_verifier=verifier)))
        self.assertEqual(create_s256_code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")

    def test_replay_of_a_code_kills_the_tokens_that_it_made(self):
        session = self.session(self.make_client())
        back, verifier = self.authorize(session)
        token = session.fetch_token(authorization_response=back, code_verifier=verifier)
        self.assertTrue(self.opens(token))
        self.refuses("invalid_grant", lambda: session.fetch_token(authorization_response=back, code_verifier=verifier))
        self.assertFalse(self.opens(token))
        self.refuses("invalid_grant", lambda: session.refresh_token(self.metadata["token_endpoint"], token["refresh_token"]))

    def test_each_refresh_rotates_and_reuse_ends_the_family(self):
        session = self.session(self.make_client(method="none"))
        first = self.granted(session)
        second = session.refresh_token(self.metadata["token_endpoint"], first["refresh_token"])
        third = session.refresh_token(self.metadata["token_endpoint"], second["refresh_token"], scope="jobs:read")
        self.assertEqual(len({token["refresh_token"] for token in (first, second, third)}), 3)
        self.assertEqual(third["scope"], "jobs:read")
        self.assertTrue(self.opens(third))
        self.refuses("invalid_grant", lambda: session.refresh_token(self.metadata["token_endpoint"], first["refresh_token"]))
        self.assertFalse(self.opens(third))
        self.refuses("invalid_grant", lambda: session.refresh_token(self.metadata["token_endpoint"], third["refresh_token"]))

    def test_concurrent_refreshes_leave_one_living_family(self):
        for method in ("client_secret_basic", "none"):
            client = self.make_client(method=method)
            token = self.granted(self.session(client))["refresh_token"]

            def refresh(_):
                try:
                    return self.session(client).refresh_token(self.metadata["token_endpoint"], token)["refresh_token"]
                except AuthlibBaseError as refused:
                    self.assertEqual(refused.error, "invalid_grant")
                    return None

            with concurrent.futures.ThreadPoolExecutor(6) as pool:
                living = set(pool.map(refresh, range(6))) - {None}
            # With a secret, a client that lost an answer is given it again. Without one, a request that comes after another's answer is a theft.
            self.assertEqual(len(living), 1)
            if method != "none":
                following = self.session(client).refresh_token(self.metadata["token_endpoint"], living.pop())
                self.assertTrue(self.opens(following))

    def test_either_token_ends_the_grant(self):
        for kind, hint in (("access_token", None), ("refresh_token", "refresh_token"), ("refresh_token", "access_token")):
            session = self.session(self.make_client())
            token = self.granted(session)
            answer = session.revoke_token(self.metadata["revocation_endpoint"], token[kind], token_type_hint=hint)
            self.assertEqual(answer.status_code, 200)
            self.assertFalse(self.opens(token))
            self.refuses("invalid_grant", lambda: session.refresh_token(self.metadata["token_endpoint"], token["refresh_token"]))

    def test_a_token_is_looked_into(self):
        session, other = self.session(self.make_client()), self.machine()
        token = self.granted(session)

        def look(session, text):
            answer = session.introspect_token(self.metadata["introspection_endpoint"], text)
            self.assertEqual(answer.status_code, 200)
            return answer.json()

        seen = look(session, token["access_token"])
        self.assertEqual((seen["active"], seen["sub"], seen["iss"], seen["scope"]), (True, self.user, self.url, "courses:read jobs:read"))
        self.assertTrue(look(session, token["refresh_token"])["active"])
        for text in (token["access_token"], token["refresh_token"], "garbage"):
            self.assertEqual(look(other, text), {"active": False})
        session.revoke_token(self.metadata["revocation_endpoint"], token["refresh_token"])
        for text in (token["access_token"], token["refresh_token"]):
            self.assertEqual(look(session, text), {"active": False})
        answer = requests.post(self.metadata["introspection_endpoint"], {"token": token["access_token"]}, timeout=20)
        self.assertEqual((answer.status_code, answer.json()["error"]), (401, "invalid_client"))

    def test_a_program_registers_itself(self):
        wanted = {"client_name": "authlib", "redirect_uris": [REDIRECT], "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"]}
        answer = requests.post(
            self.metadata["registration_endpoint"], json=wanted, headers={"Authorization": f"Bearer {REGISTRATION}"}, timeout=20)
        self.assertEqual(answer.status_code, 201, answer.text)
        registered = answer.json()
        ClientMetadataClaims({name: registered[name] for name in ClientMetadataClaims.REGISTERED_CLAIMS if name in registered}, {}).validate()
        session = self.session(
            {
                "clientId": registered["client_id"], "clientSecret": registered["client_secret"], "redirectUris": [REDIRECT],
                "tokenEndpointAuthMethod": registered["token_endpoint_auth_method"],
            })
        self.assertIn("refresh_token", self.granted(session, scope="courses:read"))
        own = {"Authorization": f"Bearer {registered['registration_access_token']}"}
        self.assertEqual(requests.get(registered["registration_client_uri"], headers=own, timeout=20).json()["client_name"], "authlib")
        self.assertEqual(requests.delete(registered["registration_client_uri"], headers=own, timeout=20).status_code, 204)
        self.refuses("invalid_client", lambda: session.fetch_token(grant_type="client_credentials"))


if __name__ == "__main__":
    unittest.main()
