"""What the emulated account allows: all but what a test has denied, refused as each service of AWS words it."""

import io
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

__all__ = ["action_of", "denial_of", "simulated"]

Environ = dict[str, Any]
_SERVERLESS = {
    "GET/applications": "ListApplications",
    "GET/applications/*": "GetApplication",
    "GET/applications/*/jobruns": "ListJobRuns",
    "GET/applications/*/jobruns/*": "GetJobRun",
    "POST/applications/*/jobruns": "StartJobRun",
}
_S3 = {"GET?list": "ListBucket", "GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject"}
_DENIED_CODES = {"ec2": "UnauthorizedOperation", "s3": "AccessDenied", "iam": "AccessDenied", "sts": "AccessDenied"}


def action_of(service: str, operation: str, environ: Environ) -> str:
    """The action of IAM that a call needs, such as `elasticmapreduce:ListClusters`."""
    if service == "emr":
        return f"elasticmapreduce:{operation}"
    if service == "emr-serverless":
        return f"emr-serverless:{_SERVERLESS.get(operation, operation)}"
    if service == "s3":
        return f"s3:{_S3.get(operation, operation)}"
    return f"{service}:{_form(environ).get('Action', '')}"


def denial_of(service: str, action: str) -> bytes:
    """The body of a refusal, of a service that answers in XML."""
    words = escape(f"User is not authorized to perform: {action}")
    code = _DENIED_CODES.get(service, "AccessDenied")
    inner = f"<Error><Code>{code}</Code><Message>{words}</Message></Error>"
    wrapped = {"ec2": f"<Response><Errors>{inner}</Errors></Response>", "s3": inner}
    return wrapped.get(service, f"<ErrorResponse>{inner}</ErrorResponse>").encode()


def simulated(environ: Environ, is_denied: Callable[[str], bool]) -> bytes:
    """The answer of SimulatePrincipalPolicy."""
    asked = _form(environ)
    names = [value for key, value in sorted(asked.items()) if re.fullmatch(r"ActionNames\.member\.\d+", key)]
    members = "".join(
        f"<member><EvalActionName>{escape(name)}</EvalActionName><EvalDecision>"
        f"{'implicitDeny' if is_denied(name) else 'allowed'}</EvalDecision></member>"
        for name in names
    )
    space = "https://iam.amazonaws.com/doc/2010-05-08/"
    return (
        f'<SimulatePrincipalPolicyResponse xmlns="{space}"><SimulatePrincipalPolicyResult><IsTruncated>false'
        f"</IsTruncated><EvaluationResults>{members}</EvaluationResults></SimulatePrincipalPolicyResult>"
        "<ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></SimulatePrincipalPolicyResponse>"
    ).encode()


def _form(environ: Environ) -> dict[str, str]:
    """The members of a form in the body, which is left to be read again."""
    content = bytes(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    environ["wsgi.input"] = io.BytesIO(content)
    return {key: values[0] for key, values in parse_qs(content.decode("utf-8", "replace")).items()}
