"""Which region of AWS is meant, and where its credentials come from: as AWS's own tools find them."""

from setpoint.errors import PlatformError

__all__ = ["signed_in"]


def signed_in(region: str = "", profile: str = "") -> tuple[str, str]:
    """The region, and the kind of credentials: env, shared-credentials-file, sso, iam-role and others.

    Raises PlatformError where either is not known.
    """
    try:
        import boto3
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise PlatformError("The platform emr needs boto3: install setpoint[aws].") from None
    try:
        session = boto3.Session(profile_name=profile or None, region_name=region or None)
        credentials = session.get_credentials()
    except BotoCoreError as error:
        raise PlatformError(f"AWS's own settings cannot be used: {error}.") from None
    if credentials is None:
        raise PlatformError("There are no credentials for AWS: set a profile, a role or the environment, or sign in.")
    if not session.region_name:
        raise PlatformError("It is not known which region of AWS is meant: add --region, for example us-east-1.")
    return str(session.region_name), str(credentials.method)
