"""Errors in the three shapes that arrive: Google's, a gateway's in the OpenAI style, a proxy's HTML."""

from typing import Any

from tests.standins.gemini.reply import Reply

RPC = "type.googleapis.com/google.rpc."


class Refusal(Exception):
    """The request breaks a rule. reply: what the API answers."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.body.decode())
        self.reply = reply


def google(code: int, status: str, words: str, *details: dict[str, Any], array: bool = False) -> Reply:
    """array: the object inside a list of one, as it sometimes comes."""
    error: dict[str, Any] = {"code": code, "message": words, "status": status}
    document = {"error": {**error, "details": list(details)} if details else error}
    return Reply.json([document] if array else document, status=code)


def gateway(status: int, words: str, code: str, **headers: str) -> Reply:
    error = {"message": words, "type": "gateway_error", "param": None, "code": code}
    return Reply.json({"error": error}, status=status, headers=headers)


def html(status: int, title: str) -> Reply:
    head = f"<html>\r\n<head><title>{status} {title}</title></head>\r\n"
    body = f"{head}<body>\r\n<center><h1>{status} {title}</h1></center>\r\n<hr></body>\r\n</html>\r\n"
    return Reply(status=status, body=body.encode(), headers={"Content-Type": "text/html"})


def bad_request(words: str, *details: dict[str, Any]) -> Refusal:
    return Refusal(google(400, "INVALID_ARGUMENT", words, *details))


def unknown_field(name: str, where: str) -> Refusal:
    place = f" at '{where}'" if where else ""
    words = f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.'
    violation = {"field": where, "description": words}
    return bad_request(words, {"@type": f"{RPC}BadRequest", "fieldViolations": [violation]})


def too_many(*details: dict[str, Any]) -> Reply:
    words = "You exceeded your current quota, please check your plan and billing details."
    return google(429, "RESOURCE_EXHAUSTED", words, *details)


def retry_info(delay: str) -> dict[str, Any]:
    return {"@type": f"{RPC}RetryInfo", "retryDelay": delay}


def quota_failure(quota_id: str) -> dict[str, Any]:
    violation = {"quotaMetric": "generativelanguage.googleapis.com/requests", "quotaId": quota_id}
    return {"@type": f"{RPC}QuotaFailure", "violations": [violation]}
