"""`workspaces …`: Databricks workspaces that the service works with."""

import sys
from typing import Annotated

import typer

from setpoint.cli.sync.answers import pages, show, tell, tell_json
from setpoint.cli.sync.asking import hidden
from setpoint.cli.sync.options import JsonOption, Plan, ProjectArgument

__all__ = ["add_to"]

group = typer.Typer(help="Databricks workspaces that the service works with.", no_args_is_help=True)

KEEP = "none"
"""What an empty answer to a question about a change is read as: it stays as it is."""

WorkspaceArgument = Annotated[str, typer.Argument(metavar="WORKSPACE_ID")]
JobArgument = Annotated[str, typer.Argument(metavar="JOB_ID")]
HostOption = Annotated[str | None, typer.Option("--databricks-host", help="Default: asked for.")]
TokenOption = Annotated[str | None, typer.Option("--databricks-token", help="Default: asked for.")]
KeyOption = Annotated[str | None, typer.Option("--sync-api-key-id", help="Default: asked for.")]
SecretOption = Annotated[str | None, typer.Option("--sync-api-key-secret", help="Default: asked for.")]
ProfileOption = Annotated[
    str | None, typer.Option("--instance-profile-arn", help="Instance profile for on-boarded jobs.")
]
PlanOption = Annotated[
    Plan | None, typer.Option("--databricks-plan-type", "--plan-type", help="Plan of the workspace.")
]
WebhookOption = Annotated[
    str | None, typer.Option("--databricks-webhook-id", "--webhook-id", help="Notification destination there.")
]
RegionOption = Annotated[str | None, typer.Option("--aws-region", help="Region of the workspace.")]
PolicyOption = Annotated[str | None, typer.Option("--cluster-policy-id", help="Cluster policy to use.")]
CollectionOption = Annotated[str | None, typer.Option("--collection-type", help="remote or hosted.")]
MonitoringOption = Annotated[str | None, typer.Option("--monitoring-type", help="webhook or hypervisor.")]
ProviderOption = Annotated[str | None, typer.Option("--compute-provider", help="aws or azure.")]
ExternalOption = Annotated[str | None, typer.Option("--external-id", help="For the AWS role.")]
RoleOption = Annotated[str | None, typer.Option("--aws-iam-role-arn")]
TenantOption = Annotated[str | None, typer.Option("--azure-tenant-id")]
ClientOption = Annotated[str | None, typer.Option("--azure-client-id")]
ClientSecretOption = Annotated[str | None, typer.Option("--azure-client-secret")]
SubscriptionOption = Annotated[str | None, typer.Option("--azure-subscription-id")]


def add_to(app: typer.Typer) -> None:
    """Register the commands, under the names of the product and under short ones."""
    app.add_typer(group, name="workspaces")


def create(
    workspace_id: WorkspaceArgument,
    *,
    databricks_host: HostOption = None,
    databricks_token: TokenOption = None,
    sync_api_key_id: KeyOption = None,
    sync_api_key_secret: SecretOption = None,
    instance_profile_arn: ProfileOption = None,
    databricks_plan_type: PlanOption = Plan.STANDARD,
    databricks_webhook_id: WebhookOption = None,
    aws_region: RegionOption = None,
    cluster_policy_id: PolicyOption = None,
    collection_type: CollectionOption = None,
    monitoring_type: MonitoringOption = None,
    compute_provider: ProviderOption = None,
    external_id: ExternalOption = None,
    aws_iam_role_arn: RoleOption = None,
    azure_tenant_id: TenantOption = None,
    azure_client_id: ClientOption = None,
    azure_client_secret: ClientSecretOption = None,
    azure_subscription_id: SubscriptionOption = None,
    json: JsonOption = False,
) -> None:
    """Make a workspace known to the service. Credentials that are not given are asked for."""
    from setpoint.cli.sync.session import configuration, service
    from setpoint.client import workspaces

    now = configuration()
    access, key = now.databricks, now.key
    host = databricks_host or typer.prompt(
        "Databricks host (prefix with https://)", default=access.host if access else None
    )
    token = databricks_token or hidden("Databricks token", access.token if access else None)
    key_id = sync_api_key_id or typer.prompt("Sync API key ID", default=key.id if key else None)
    secret = sync_api_key_secret or hidden("Sync API key secret", key.secret if key else None)
    with service(now) as client:
        made = client.call(
            workspaces.create(
                workspace_id,
                databricks_host=host,
                databricks_token=token,
                sync_api_key_id=key_id,
                sync_api_key_secret=secret,
                instance_profile_arn=instance_profile_arn,
                plan_type=databricks_plan_type,
                webhook_id=databricks_webhook_id,
                aws_region=aws_region,
                cluster_policy_id=cluster_policy_id,
                collection_type=collection_type,
                monitoring_type=monitoring_type,
                compute_provider=compute_provider,
                external_id=external_id,
                aws_iam_role_arn=aws_iam_role_arn,
                azure_tenant_id=azure_tenant_id,
                azure_client_id=azure_client_id,
                azure_client_secret=azure_client_secret,
                azure_subscription_id=azure_subscription_id,
            )
        )
    show(made.document, json=json)


def update(
    workspace_id: WorkspaceArgument,
    *,
    databricks_host: HostOption = None,
    databricks_token: TokenOption = None,
    sync_api_key_id: KeyOption = None,
    sync_api_key_secret: SecretOption = None,
    instance_profile_arn: ProfileOption = None,
    databricks_plan_type: PlanOption = None,
    databricks_webhook_id: WebhookOption = None,
    aws_region: RegionOption = None,
    cluster_policy_id: PolicyOption = None,
    collection_type: CollectionOption = None,
    monitoring_type: MonitoringOption = None,
    compute_provider: ProviderOption = None,
    external_id: ExternalOption = None,
    aws_iam_role_arn: RoleOption = None,
    azure_tenant_id: TenantOption = None,
    azure_client_id: ClientOption = None,
    azure_client_secret: ClientSecretOption = None,
    azure_subscription_id: SubscriptionOption = None,
    json: JsonOption = False,
) -> None:
    """Change what is given of a workspace; the text `null` takes a value away."""
    from setpoint.cli.sync.session import service
    from setpoint.client import workspaces

    with service() as client:
        client.call(workspaces.get(workspace_id))  # a question about a workspace that is not there would be in vain
        changed = client.call(
            workspaces.update(
                workspace_id,
                databricks_host=databricks_host or _asked("Databricks host (prefix with https://, optional)"),
                databricks_token=databricks_token or _asked("Databricks token (optional)", is_secret=True),
                sync_api_key_id=sync_api_key_id or _asked("Sync API key ID (optional)"),
                sync_api_key_secret=sync_api_key_secret or _asked("Sync API key secret (optional)", is_secret=True),
                instance_profile_arn=instance_profile_arn,
                plan_type=databricks_plan_type,
                webhook_id=databricks_webhook_id,
                aws_region=aws_region,
                cluster_policy_id=cluster_policy_id,
                collection_type=collection_type,
                monitoring_type=monitoring_type,
                compute_provider=compute_provider,
                external_id=external_id,
                aws_iam_role_arn=aws_iam_role_arn,
                azure_tenant_id=azure_tenant_id,
                azure_client_id=azure_client_id,
                azure_client_secret=azure_client_secret,
                azure_subscription_id=azure_subscription_id,
            )
        )
    show(changed.document, json=json)


def _asked(question: str, *, is_secret: bool = False) -> str | None:
    try:
        answer: str = hidden(question, KEEP) if is_secret else typer.prompt(question, default=KEEP, show_default=False)
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        return None  # a script that says no more leaves the rest as it is
    return None if answer == KEEP else answer


def get(workspace_id: WorkspaceArgument, json: JsonOption = False) -> None:
    """Print a workspace, without its credentials."""
    from setpoint.cli.sync.session import service
    from setpoint.client import workspaces

    with service() as client:
        show(client.call(workspaces.get(workspace_id)).document, json=json)


def listed(json: JsonOption = False) -> None:
    """List workspaces."""
    from setpoint.cli.sync.session import service
    from setpoint.client import workspaces

    with service() as client:
        found = client.call(workspaces.listed())
    if json:
        tell_json([each.document for each in found])
    else:
        pages((each.id for each in found), "There are no workspaces yet.")


def delete(workspace_id: WorkspaceArgument, json: JsonOption = False) -> None:
    """Forget a workspace and its credentials."""
    from setpoint.cli.sync.session import service
    from setpoint.client import workspaces

    with service() as client:
        said = client.call(workspaces.delete(workspace_id))
    _say(said, json=json)


def reset_webhook_credentials(workspace_id: WorkspaceArgument, json: JsonOption = False) -> None:
    """Print new credentials for the workspace's notifications; the old ones end."""
    from setpoint.cli.sync.session import service
    from setpoint.client import workspaces

    with service() as client:
        show(client.call(workspaces.renew_webhook_credentials(workspace_id)), json=json)


def apply(workspace_id: WorkspaceArgument, json: JsonOption = False) -> None:
    """Apply the settings in the workspace itself."""
    from setpoint.cli.sync.session import service
    from setpoint.client import workspaces

    with service() as client:
        said = client.call(workspaces.setup(workspace_id))
    _say(said, json=json)


def onboard(
    workspace_id: WorkspaceArgument, job_id: JobArgument, project: ProjectArgument, json: JsonOption = False
) -> None:
    """Put a job of the workspace under control of a project."""
    from setpoint.cli.sync.session import project_id, service
    from setpoint.client import workspaces

    with service() as client:
        said = client.call(workspaces.onboard(workspace_id, job_id, project_id(client, project)))
    _say(said, json=json)


def _say(said: str, *, json: bool) -> None:
    if json:
        tell_json({"result": said})
    else:
        tell(said)


for command, names in (
    (create, ("create-workspace-config", "create")),
    (get, ("get-workspace-config", "get")),
    (listed, ("list-workspace-configs", "list")),
    (update, ("update-workspace-config", "update")),
    (delete, ("delete-workspace-config", "delete")),
    (reset_webhook_credentials, ("reset-webhook-creds",)),
    (apply, ("apply-workspace-config", "setup")),
    (onboard, ("onboard-workflow", "onboard-job")),
):
    for name in names:
        group.command(name)(command)
