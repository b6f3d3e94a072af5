"""Step 2 of deploy/aws, applied to a simulated AWS on the state of step 1.

What the simulator cannot show: whether IAM lets and forbids, whether a port is reached, whether an
instance starts. docs/aws.md says so too.
"""

import base64
from typing import Any

from bookstore.roles import SPLIT
from deploy.tests.aws_shop import (
    ANYWHERE,
    FORGOTTEN,
    PREFIX,
    Shop,
    actions,
    differences,
    doors,
    policy,
    replaced,
)


def test_step_2_replaces_nothing_and_closes_port_80(to_step_2: dict[str, Any]) -> None:
    gone = [address for address, does in actions(to_step_2).items() if "delete" in does]

    assert not replaced(to_step_2)
    assert gone == ["aws_vpc_security_group_ingress_rule.store_from_public[0]"]


def test_step_2_admits_each_only_from_the_one_before(step_2: Shop) -> None:
    groups = step_2.aws("ec2").describe_security_groups(
        Filters=[{"Name": "tag:bookstore:environment", "Values": ["production"]}]
    )["SecurityGroups"]

    assert doors(groups) == {
        "default": set(),
        f"{PREFIX}-balancer": {(80, ANYWHERE), (443, ANYWHERE)},
        f"{PREFIX}-shop": {(8080, f"{PREFIX}-balancer")},
        f"{PREFIX}-store-instance": {(5432, f"{PREFIX}-shop"), (6379, f"{PREFIX}-shop")},
    }


def test_the_first_instance_keeps_the_stores_only(step_2: Shop) -> None:
    instance = step_2.terraform.outputs()["store_instance"]
    [reservation] = step_2.aws("ec2").describe_instances(InstanceIds=[instance])["Reservations"]

    assert {"Key": "bookstore:role", "Value": "stores"} in reservation["Instances"][0]["Tags"]


def test_the_load_balancer_speaks_tls(step_2: Shop) -> None:
    elb = step_2.aws("elbv2")
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    answer = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])
    attributes = {each["Key"]: each["Value"] for each in answer["Attributes"]}
    listeners = {
        each["Port"]: each
        for each in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    }

    assert {each["ZoneName"] for each in balancer["AvailabilityZones"]} == {
        "us-east-1a",
        "us-east-1b",
    }
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert attributes["deletion_protection.enabled"] == "true"
    assert attributes["access_logs.s3.enabled"] == "true"
    assert attributes["access_logs.s3.bucket"].startswith(f"{PREFIX}-requests-")
    [redirect] = listeners[80]["DefaultActions"]
    assert redirect["RedirectConfig"]["Protocol"] == "HTTPS"
    assert redirect["RedirectConfig"]["StatusCode"] == "HTTP_301"
    assert listeners[443]["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert listeners[443]["Certificates"] == [{"CertificateArn": step_2.certificate}]


def test_each_role_has_its_addresses_and_its_health(step_2: Shop) -> None:
    elb = step_2.aws("elbv2")
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    groups = {
        each["TargetGroupArn"]: each
        for each in elb.describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])[
            "TargetGroups"
        ]
    }
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    [listener] = [each["ListenerArn"] for each in listeners if each["Port"] == 443]
    routes: dict[str, set[str]] = {f"{PREFIX}-{role.name}": set() for role in SPLIT}
    for rule in elb.describe_rules(ListenerArn=listener)["Rules"]:
        target = groups[rule["Actions"][0]["TargetGroupArn"]]["TargetGroupName"]
        for condition in rule["Conditions"]:
            assert len(condition["PathPatternConfig"]["Values"]) <= 5
            routes[target] |= set(condition["PathPatternConfig"]["Values"])

    assert routes == {
        f"{PREFIX}-{role.name}": {f"/{route.prefix}*" for route in role.routes if route.prefix}
        for role in SPLIT
    }
    assert {each["TargetGroupName"]: each["HealthCheckPath"] for each in groups.values()} == {
        f"{PREFIX}-rds": "/api/ready",
        f"{PREFIX}-redis": "/live/ready",
        f"{PREFIX}-frontend": "/ready",
    }
    assert {each["Port"] for each in groups.values()} == {8080}


def test_instances_stand_in_two_zones_and_ask_for_tokens(step_2: Shop) -> None:
    [group] = step_2.aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    [version] = step_2.aws("ec2").describe_launch_template_versions(
        LaunchTemplateName=f"{PREFIX}-shop", Versions=["$Latest"]
    )["LaunchTemplateVersions"]
    data = version["LaunchTemplateData"]
    tags = {tag["Key"]: tag["Value"] for tag in group["Tags"] if tag["PropagateAtLaunch"]}

    assert (group["MinSize"], group["MaxSize"]) == (2, 4)
    assert len(group["VPCZoneIdentifier"].split(",")) == 2
    assert len(group["TargetGroupARNs"]) == 3
    assert (tags["bookstore:role"], tags["bookstore:environment"]) == ("shop", "production")
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert [each["Ebs"]["Encrypted"] for each in data["BlockDeviceMappings"]] == [True]
    assert 'STORES_VOLUME=""' in base64.b64decode(data["UserData"]).decode()


def test_buckets_are_private_encrypted_and_spoken_to_by_tls(step_2: Shop) -> None:
    s3 = step_2.aws("s3")
    buckets = step_2.terraform.outputs()["buckets"]

    assert buckets.keys() == {"backups", "media", "requests"}
    for name, bucket in buckets.items():
        blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        assert all(blocked.values())
        [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"][
            "Rules"
        ]
        assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        statements = policy(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        sids = {each["Sid"] for each in statements}
        assert ("TheShopsNetworkReads" in sids) == (name == "media")
        assert ("PrivateFilesNeedAKey" in sids) == (name == "media")
        assert statements[0]["Effect"] == "Deny"
        assert statements[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        versioning = s3.get_bucket_versioning(Bucket=bucket).get("Status", "Disabled")
        assert versioning == ("Disabled" if name == "requests" else "Enabled")
        assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]


def test_uploaded_files_are_read_without_a_key_from_the_shops_network_alone(step_2: Shop) -> None:
    bucket = step_2.terraform.outputs()["buckets"]["media"]
    statements = policy(step_2.aws("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    [rule] = [each for each in statements if each["Sid"] == "TheShopsNetworkReads"]
    endpoints = step_2.aws("ec2").describe_vpc_endpoints()["VpcEndpoints"]

    assert rule["Effect"] == "Allow"
    assert set(rule["Action"]) == {"s3:GetObject", "s3:ListBucket"}
    assert rule["Condition"] == {"StringEquals": {"aws:SourceVpce": endpoints[0]["VpcEndpointId"]}}


def test_a_newer_amazon_linux_replaces_no_instance(step_2: Shop) -> None:
    newer = step_2.terraform.folder / "newer_override.tf"
    latest = "/aws/service/ami-amazon-linux-latest"
    name = f"{latest}/al2023-ami-minimal-kernel-default-x86_64"
    newer.write_text(f'data "aws_ssm_parameter" "amazon_linux" {{\n  name = "{name}"\n}}\n')
    try:
        plan = step_2.terraform.plan(step_2.variables(2))
    finally:
        newer.unlink()
    changes = {each["address"]: each["change"] for each in plan["resource_changes"]}
    template = changes["aws_launch_template.shop[0]"]
    [asked] = [
        each["values"]["value"]
        for each in plan["prior_state"]["values"]["root_module"]["resources"]
        if each["address"] == "data.aws_ssm_parameter.amazon_linux"
    ]

    assert asked != template["before"]["image_id"]
    assert template["before"]["image_id"] == template["after"]["image_id"]


def test_the_same_step_again_changes_nothing(step_2: Shop) -> None:
    plan = step_2.terraform.plan(step_2.variables(2), refresh=True)

    assert set(map(tuple, actions(plan).values())) <= {("update",)}
    assert differences(plan) <= FORGOTTEN
    # Of what the simulator forgets, these two say what runs and who reaches it.
    changes = {each["address"]: each["change"] for each in plan["resource_changes"]}
    group = changes["aws_autoscaling_group.shop[0]"]
    assert group["before"]["launch_template"][0]["id"] == group["after"]["launch_template"][0]["id"]
    named = [{"Name": "group-name", "Values": [f"{PREFIX}-store-instance"]}]
    [firewall] = step_2.aws("ec2").describe_security_groups(Filters=named)["SecurityGroups"]
    instance = changes["aws_instance.store[0]"]["after"]
    assert instance["vpc_security_group_ids"] == [firewall["GroupId"]]
