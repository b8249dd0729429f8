"""Python's own XML-RPC, as a second opinion on ours: a small switch, or a converter.

serve ALGORITHM QOP   prints its port, then a line of JSON for every payment it executes
convert               reads a line of JSON from standard input, answers each with one

Only the standard library is used, and nothing of the program under test.
"""

import hashlib
import json
import secrets
import sys
import urllib.request
import xmlrpc.client
import xmlrpc.server

USERNAME = "tollkeeper"
PASSWORD = "p:ä ss<&>"
REALM = 'Oracle, "main" API'


def say(thing):
    sys.stdout.write(json.dumps(thing) + "\n")
    sys.stdout.flush()


def make_handler(algorithm, has_qop):
    hash_name = "md5" if algorithm.startswith("MD5") else "sha256"
    nonces = {}

    def digest(text):
        return hashlib.new(hash_name, text.encode("utf-8")).hexdigest()

    class Handler(xmlrpc.server.SimpleXMLRPCRequestHandler):
        rpc_paths = ("/xmlapi/xmlapi",)
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_POST(self):
            if self.is_signed():
                return super().do_POST()
            self.rfile.read(int(self.headers.get("content-length", "0")))
            self.send_response(401)
            nonce = secrets.token_urlsafe(12)
            nonces[nonce] = 0
            escaped = REALM.replace('"', '\\"')
            challenge = f'Digest realm="{escaped}", nonce="{nonce}", algorithm={algorithm}'
            if has_qop:
                challenge += ', qop="auth,auth-int"'
            self.send_header("WWW-Authenticate", 'Basic realm="no"')
            self.send_header("WWW-Authenticate", challenge)
            self.send_header("content-length", "0")
            self.end_headers()

        def is_signed(self):
            scheme, _, rest = self.headers.get("authorization", "").partition(" ")
            if scheme != "Digest":
                return False
            members = urllib.request.parse_keqv_list(urllib.request.parse_http_list(rest))
            nonce = members["nonce"]
            ha1 = digest(f"{USERNAME}:{REALM}:{PASSWORD}")
            if algorithm.endswith("-sess"):
                ha1 = digest(f"{ha1}:{nonce}:{members['cnonce']}")
            ha2 = digest(f"POST:{self.path}")
            middle = f"{nonce}"
            if has_qop:
                count = int(members["nc"], 16)
                if len(members["nc"]) != 8 or count != nonces.get(nonce, -2) + 1:
                    return False
                nonces[nonce] = count
                middle += f":{members['nc']}:{members['cnonce']}:{members['qop']}"
            elif nonce not in nonces:
                return False
            return members["uri"] == self.path and members["response"] == digest(
                f"{ha1}:{middle}:{ha2}"
            )

    return Handler


def serve(algorithm, has_qop):
    payments = []

    def account_debit(params):
        if params["i_account"] != 4711:
            raise xmlrpc.client.Fault(400, "no such account <4711>")
        if not isinstance(params["amount"], float):
            raise xmlrpc.client.Fault(400, "amount is not a double")
        payment = {
            "i_payment": 90001 + len(payments),
            "i_account": params["i_account"],
            "payment_time": params["payment_time"],
            "amount": params["amount"],
            "currency": params["currency"],
            "notes": params["payment_notes"],
            "tx_id": None,
            "by_voucher": False,
        }
        payments.append(payment)
        say(payment)
        return {"result": "OK"}

    def get_payments_list(params):
        assert params["type"] == "debit"
        begin, end = params["offset"], params["offset"] + params["limit"]
        return {"result": "OK", "payments": payments[begin:end]}

    def get_account(params):
        spent = sum(payment["amount"] for payment in payments)
        return {
            "i_account": params["i_account"],
            "balance": -(100.0 - spent),
            "credit_limit": 1e-06,
            "base_currency": "EUR",
            "description": None,
        }

    handler = make_handler(algorithm, has_qop)
    with xmlrpc.server.SimpleXMLRPCServer(
        ("127.0.0.1", 0), handler, allow_none=True, logRequests=False
    ) as server:
        server.register_function(account_debit, "accountDebit")
        server.register_function(get_payments_list, "getPaymentsList")
        server.register_function(get_account, "getAccountInfo")
        say(server.server_address[1])
        server.serve_forever()


def to_python(value):
    kind = value["kind"]
    if kind == "struct":
        return {name: to_python(member) for name, member in value["members"]}
    if kind == "array":
        return [to_python(item) for item in value["items"]]
    if kind == "double":
        return float(value["text"])
    return {
        "int": lambda: value["value"],
        "boolean": lambda: value["value"],
        "string": lambda: value["text"],
        "nil": lambda: None,
    }[kind]()


def to_json(value):
    if value is None:
        return {"kind": "nil"}
    if isinstance(value, bool):
        return {"kind": "boolean", "value": value}
    if isinstance(value, int):
        return {"kind": "int", "value": value}
    if isinstance(value, float):
        return {"kind": "double", "text": repr(value)}
    if isinstance(value, str):
        return {"kind": "string", "text": value}
    if isinstance(value, list):
        return {"kind": "array", "items": [to_json(item) for item in value]}
    return {"kind": "struct", "members": [[n, to_json(member)] for n, member in value.items()]}


def convert():
    for line in sys.stdin:
        request = json.loads(line)
        if "loads" in request:
            values, method = xmlrpc.client.loads(request["loads"])
            say({"method": method, "value": to_json(values[0])})
        else:
            value = to_python(request["dumps"])
            say({"xml": xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True)})


if sys.argv[1] == "serve":
    serve(sys.argv[2], sys.argv[3] == "qop")
else:
    convert()
