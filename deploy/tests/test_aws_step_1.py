"""Step 1 of deploy/aws, applied to a simulated AWS.

What the simulator cannot show: whether IAM lets and forbids, whether a port is reached, whether an
instance starts. docs/aws.md says so too.
"""

import base64
import json
import re

from deploy.tests.aws_shop import ANYWHERE, PREFIX, Shop, doors, name_of, policy


def test_step_1_stands_in_two_zones(step_1: Shop) -> None:
    subnets = step_1.aws("ec2").describe_subnets(
        Filters=[{"Name": "tag:bookstore:environment", "Values": ["production"]}]
    )["Subnets"]

    assert {name_of(each): each["AvailabilityZone"] for each in subnets} == {
        f"{PREFIX}-public-1": "us-east-1a",
        f"{PREFIX}-public-2": "us-east-1b",
    }


def test_step_1_lets_the_public_to_port_80_alone(step_1: Shop) -> None:
    groups = step_1.aws("ec2").describe_security_groups(
        Filters=[{"Name": "tag:bookstore:environment", "Values": ["production"]}]
    )["SecurityGroups"]

    assert doors(groups) == {"default": set(), f"{PREFIX}-store-instance": {(80, ANYWHERE)}}


def test_the_instance_is_told_its_way_by_user_data(step_1: Shop) -> None:
    ec2 = step_1.aws("ec2")
    instance = step_1.terraform.outputs()["store_instance"]
    encoded = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
    user_data = base64.b64decode(encoded["UserData"]["Value"]).decode()

    volume = step_1.terraform.outputs()["store_volume"]
    assert f'STORES_VOLUME="{volume}"' in user_data
    assert 'HTTP_PORT="80"' in user_data
    assert 'PARAMETERS="/bookstore/production"' in user_data
    assert "PASSWORD" not in user_data


def test_the_instance_asks_for_tokens_and_keeps_its_disks_encrypted(step_1: Shop) -> None:
    ec2 = step_1.aws("ec2")
    outputs = step_1.terraform.outputs()
    [reservation] = ec2.describe_instances(InstanceIds=[outputs["store_instance"]])["Reservations"]
    [instance] = reservation["Instances"]
    [volume] = ec2.describe_volumes(VolumeIds=[outputs["store_volume"]])["Volumes"]

    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert "KeyName" not in instance
    assert {"Key": "bookstore:role", "Value": "shop"} in instance["Tags"]
    assert (volume["Encrypted"], volume["VolumeType"], volume["Size"]) == (True, "gp3", 20)
    assert [each["InstanceId"] for each in volume["Attachments"]] == [outputs["store_instance"]]


def test_the_registry_changes_no_image_and_scans_each(step_1: Shop) -> None:
    ecr = step_1.aws("ecr")
    [repository] = ecr.describe_repositories()["repositories"]
    rules = json.loads(ecr.get_lifecycle_policy(repositoryName="bookstore")["lifecyclePolicyText"])[
        "rules"
    ]

    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    assert [rule["selection"]["countNumber"] for rule in rules] == [14, 1000]


def test_the_instance_may_do_what_it_needs_and_no_more(step_1: Shop) -> None:
    iam = step_1.aws("iam")
    answer = iam.get_role_policy(RoleName=f"{PREFIX}-instance", PolicyName="shop")
    statements = {each["Sid"]: each for each in policy(answer["PolicyDocument"])}
    unbound = {sid for sid, each in statements.items() if each["Resource"] == "*"}

    assert unbound == {"SignInToRegistry", "AnswerSystemsManager", "TellHowItIs"}
    assert statements["TellHowItIs"]["Condition"] == {
        "StringEquals": {"cloudwatch:namespace": PREFIX}
    }
    assert statements["ReadSettings"]["Resource"].endswith(":parameter/bookstore/production/*")
    assert statements["PullImages"]["Resource"].endswith(":repository/bookstore")
    assert not [each for each in statements.values() if "iam:" in str(each["Action"])]
    assert not iam.list_attached_role_policies(RoleName=f"{PREFIX}-instance")["AttachedPolicies"]


def test_github_is_known_by_branch_and_environment(step_1: Shop) -> None:
    iam = step_1.aws("iam")
    subjects = {}
    for role in ("bookstore-build", f"{PREFIX}-deploy"):
        [statement] = policy(iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"])
        equals = statement["Condition"]["StringEquals"]
        assert statement["Condition"].keys() == {"StringEquals"}
        assert equals["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
        subjects[role] = equals["token.actions.githubusercontent.com:sub"]

    assert subjects == {
        "bookstore-build": "repo:owner/shop:ref:refs/heads/main",
        f"{PREFIX}-deploy": "repo:owner/shop:environment:production",
    }
    [provider] = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    known = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider["Arn"])
    assert known["ClientIDList"] == ["sts.amazonaws.com"]


def test_a_deployment_may_send_one_command_to_instances_of_the_shop(step_1: Shop) -> None:
    answer = step_1.aws("iam").get_role_policy(RoleName=f"{PREFIX}-deploy", PolicyName="deploy")
    statements = {each["Sid"]: each for each in policy(answer["PolicyDocument"])}

    assert statements["OneCommand"]["Resource"].endswith(f":document/{PREFIX}-deploy")
    assert statements["OnInstancesOfTheShop"]["Condition"]["StringEquals"] == {
        "ssm:resourceTag/bookstore:environment": "production",
        "ssm:resourceTag/bookstore:role": "shop",
    }
    assert len(statements["RememberWhatRuns"]["Resource"]) == 2


def test_the_command_takes_only_our_images(step_1: Shop) -> None:
    answer = step_1.aws("ssm").get_document(Name=f"{PREFIX}-deploy")
    document = json.loads(answer["Content"])
    repository = step_1.terraform.outputs()["ecr_repository"]
    takes = re.compile(document["parameters"]["Image"]["allowedPattern"])
    role = document["parameters"]["Role"]

    assert takes.search(f"{repository}@sha256:{'a' * 64}")
    assert takes.search("--rollback")
    assert takes.search("--restart")
    assert not takes.search(f"{repository}:latest")
    assert not takes.search(f"{repository}@sha256:{'a' * 64}; reboot")
    assert not takes.search(f"$(reboot){repository}@sha256:{'a' * 64}")
    assert not takes.search(f"{repository.replace('.', '-')}@sha256:{'a' * 64}")
    assert role["allowedValues"] == ["backend", "frontend"]
    [step] = document["mainSteps"]
    waits, deploys = step["inputs"]["runCommand"]
    assert "it starts by itself" in waits
    assert deploys == ("/opt/bookstore/deploy/instance/deploy-role '{{ Role }}' '{{ Image }}'")


def test_no_secret_stands_in_the_state(step_1: Shop) -> None:
    secrets = step_1.aws("secretsmanager")
    state = (step_1.terraform.folder / "terraform.tfstate").read_text()

    assert [each["Name"] for each in secrets.list_secrets()["SecretList"]] == [PREFIX]
    assert "secret_string" not in state
    assert not re.search(r'"password": "[^"]', state)
