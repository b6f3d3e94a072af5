"""Step 3 of deploy/aws, applied to a simulated AWS on the state of step 2.

What the simulator cannot show: whether IAM lets and forbids, whether a port is reached, whether an
instance starts. docs/aws.md says so too.
"""

from typing import Any

import pytest

from deploy.tests.aws_shop import (
    ANYWHERE,
    PREFIX,
    Shop,
    actions,
    doors,
    name_of,
    policy,
    replaced,
)


def test_step_3_takes_nothing_away(to_step_3: dict[str, Any]) -> None:
    assert not [address for address, does in actions(to_step_3).items() if "delete" in does]


def test_the_database_is_private_encrypted_and_backed_up(step_3: Shop) -> None:
    rds = step_3.aws("rds")
    [database] = rds.describe_db_instances()["DBInstances"]
    parameters = rds.describe_db_parameters(DBParameterGroupName=f"{PREFIX}-postgres17")
    values = {each["ParameterName"]: each["ParameterValue"] for each in parameters["Parameters"]}

    assert (database["Engine"], database["EngineVersion"].split(".")[0]) == ("postgres", "17")
    assert database["StorageEncrypted"] is True
    assert database["PubliclyAccessible"] is False
    assert database["MultiAZ"] is True
    assert database["DeletionProtection"] is True
    assert database["BackupRetentionPeriod"] == 14
    assert database["MasterUserSecret"]["SecretArn"]
    assert values["rds.force_ssl"] == "1"


def test_the_cache_is_encrypted_at_rest_and_on_the_way(step_3: Shop) -> None:
    [group] = step_3.aws("elasticache").describe_replication_groups()["ReplicationGroups"]

    assert group["TransitEncryptionEnabled"] is True
    assert group["AtRestEncryptionEnabled"] is True
    assert group["MultiAZ"] == "enabled"


def test_no_store_is_reached_from_outside(step_3: Shop) -> None:
    ec2 = step_3.aws("ec2")
    tagged = [{"Name": "tag:bookstore:environment", "Values": ["production"]}]
    found = doors(ec2.describe_security_groups(Filters=tagged)["SecurityGroups"])
    tables = {
        name_of(each): each for each in ec2.describe_route_tables(Filters=tagged)["RouteTables"]
    }
    instances = {f"{PREFIX}-shop", f"{PREFIX}-store-instance"}

    assert found[f"{PREFIX}-postgresql"] == {(5432, each) for each in instances}
    assert found[f"{PREFIX}-redis"] == {(6379, each) for each in instances}
    assert {name for name, allowed in found.items() if ANYWHERE in {who for _, who in allowed}} == {
        f"{PREFIX}-balancer"
    }
    routes = [each["DestinationCidrBlock"] for each in tables[f"{PREFIX}-private"]["Routes"]]
    assert routes == ["10.20.0.0/16"]


def test_every_alarm_says_what_it_means_and_tells_somebody(step_3: Shop) -> None:
    alarms = step_3.aws("cloudwatch").describe_alarms()["MetricAlarms"]
    [topic] = step_3.aws("sns").list_topics()["Topics"]

    assert len(alarms) == 28
    for alarm in alarms:
        assert alarm["AlarmActions"] == [topic["TopicArn"]]
        assert len(alarm["AlarmDescription"]) > 40


def test_a_backup_a_day_is_watched_for_longer_than_a_day(step_3: Shop) -> None:
    names = [f"{PREFIX}-backup-missing"]
    [alarm] = step_3.aws("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]

    assert alarm["Period"] * alarm["EvaluationPeriods"] == 26 * 3600
    assert alarm["TreatMissingData"] == "breaching"


def test_each_node_of_the_cache_is_watched(step_3: Shop) -> None:
    alarms = step_3.aws("cloudwatch").describe_alarms(AlarmNamePrefix=f"{PREFIX}-cache-cpu")
    watched = {each["Dimensions"][0]["Value"] for each in alarms["MetricAlarms"]}

    assert watched == {f"{PREFIX}-001", f"{PREFIX}-002"}


def test_instances_may_read_the_masters_secret_while_the_stores_move(step_3: Shop) -> None:
    [database] = step_3.aws("rds").describe_db_instances()["DBInstances"]
    answer = step_3.aws("iam").get_role_policy(RoleName=f"{PREFIX}-instance", PolicyName="shop")
    statements = {each["Sid"]: each for each in policy(answer["PolicyDocument"])}

    assert database["MasterUserSecret"]["SecretArn"] in statements["ReadSecrets"]["Resource"]


def test_the_shop_changes_over_when_its_stores_have_moved(step_3: Shop) -> None:
    plan = step_3.terraform.plan(step_3.variables(3, stores_moved=True))
    changes = {each["address"]: each["change"] for each in plan["resource_changes"]}
    current = changes["aws_ssm_parameter.current_stores"]

    assert (current["before"]["value"], current["after"]["value"]) == ("instance", "managed")
    assert not replaced(plan)


def test_the_old_instance_goes_at_last_and_the_volume_stays(step_3: Shop) -> None:
    plan = step_3.terraform.plan(step_3.variables(3, stores_moved=True, keep_store_instance=False))
    gone = {address for address, does in actions(plan).items() if does == ["delete"]}

    assert "aws_instance.store[0]" in gone
    assert "aws_eip.store[0]" in gone
    assert not [each for each in gone if each.startswith(("aws_ebs_volume", "aws_db", "aws_s3"))]


def test_no_step_back_takes_a_database_away(step_3: Shop) -> None:
    with pytest.raises(AssertionError, match="prevent_destroy"):
        step_3.terraform.plan(step_3.variables(2))


def test_no_forgotten_word_sends_the_shop_back_to_the_old_stores(step_3: Shop) -> None:
    """The last test of these steps, because it carries the change out."""
    step_3.terraform.plan(step_3.variables(3, stores_moved=True))
    words = ("-auto-approve", "-input=false", "-refresh=false")
    step_3.terraform.run("apply", *words, "-target=terraform_data.stores_moved")

    with pytest.raises(AssertionError, match=r"terraform_data\.stores_moved[^\0]*prevent_destroy"):
        step_3.terraform.plan(step_3.variables(3))
