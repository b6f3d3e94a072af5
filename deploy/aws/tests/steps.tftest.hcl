# What each step plans, against a provider that makes everything up: no AWS, no server.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1a", "us-east-1b", "us-east-1c"] }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  mock_data "aws_ssm_parameter" {
    defaults = { value = "ami-0123456789abcdef0" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mocked" }
  }
  mock_resource "aws_iam_instance_profile" {
    defaults = { arn = "arn:aws:iam::123456789012:instance-profile/mocked" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:mocked" }
  }
  mock_resource "aws_lb" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/mocked/0123456789abcdef"
      arn_suffix = "app/mocked/0123456789abcdef"
    }
  }
  mock_resource "aws_lb_target_group" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/mocked/0123456789abcdef"
      arn_suffix = "targetgroup/mocked/0123456789abcdef"
    }
  }
  mock_resource "aws_lb_listener" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/mocked/0123456789abcdef/0123456789abcdef"
    }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0", latest_version = 1 }
  }
  mock_resource "aws_db_instance" {
    defaults = {
      address            = "database.internal"
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds-mocked" }]
    }
  }
}

variables {
  host_name         = "shop.example"
  certificate_arn   = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  github_repository = "owner/shop"
}

run "step_1_is_one_public_instance" {
  command = plan
  variables {
    step = 1
  }

  assert {
    condition     = length(aws_instance.store) == 1 && aws_instance.store[0].tags["bookstore:role"] == "shop"
    error_message = "Step 1 is one instance that runs the shop."
  }
  assert {
    condition     = one(aws_vpc_security_group_ingress_rule.store_from_public[*].from_port) == 80
    error_message = "It answers the public on port 80."
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.store_from_shop) == 0 && length(aws_lb.shop) == 0 && length(aws_db_instance.shop) == 0
    error_message = "It offers its stores to nobody, and there is nothing of the later steps."
  }
  assert {
    condition     = aws_ssm_parameter.settings["SHOP_URL"].value == "http://shop.example" && aws_ssm_parameter.settings["HTTPS_ONLY"].value == "off"
    error_message = "It speaks plain HTTP."
  }
}

run "step_2_puts_a_load_balancer_in_front" {
  command = plan
  variables {
    step = 2
  }

  assert {
    condition     = aws_instance.store[0].tags["bookstore:role"] == "stores" && length(aws_vpc_security_group_ingress_rule.store_from_public) == 0
    error_message = "The first instance keeps the stores and answers the public no more."
  }
  assert {
    condition     = aws_autoscaling_group.shop[0].min_size == 2 && length(aws_lb_target_group.role) == 3
    error_message = "Two instances at least, a target group for each role."
  }
  assert {
    condition     = alltrue([for rule in aws_lb_listener_rule.role : length(one(one(rule.condition).path_pattern).values) <= 5])
    error_message = "A rule of a load balancer takes five values."
  }
  assert {
    condition     = aws_ssm_parameter.settings["SHOP_URL"].value == "https://shop.example" && aws_ssm_parameter.compose["FORWARDED_PROTO"].value == "https"
    error_message = "The shop is reached by HTTPS."
  }
}

run "the_first_instance_may_answer_while_dns_changes" {
  command = plan
  variables {
    step         = 2
    keep_port_80 = true
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.store_from_public) == 1
    error_message = "keep_port_80 keeps the rule."
  }
}

run "step_3_adds_managed_stores_and_keeps_the_old_ones" {
  command = plan
  variables {
    step = 3
  }

  assert {
    condition     = aws_db_instance.shop[0].multi_az && aws_elasticache_replication_group.shop[0].automatic_failover_enabled
    error_message = "A stand-by in the second zone is what holds unless somebody says otherwise."
  }
  assert {
    condition     = length(aws_instance.store) == 1 && aws_ssm_parameter.current_stores.value == "instance"
    error_message = "The shop uses the old stores until they have been moved."
  }
}

run "one_zone_costs_half" {
  command = plan
  variables {
    step     = 3
    multi_az = false
  }

  assert {
    condition     = !aws_db_instance.shop[0].multi_az && aws_elasticache_replication_group.shop[0].num_cache_clusters == 1
    error_message = "multi_az is a switch for both."
  }
}

run "the_old_instance_goes_and_its_volume_stays" {
  command = plan
  variables {
    step                = 3
    stores_moved        = true
    keep_store_instance = false
  }

  assert {
    condition     = !local.reads_master
    error_message = "Nobody needs the master's secret any more."
  }
  assert {
    condition     = length(terraform_data.stores_moved) == 1
    error_message = "What keeps the shop from going back by mistake is there."
  }
  assert {
    condition     = length(aws_instance.store) == 0 && aws_ebs_volume.stores.encrypted && aws_ssm_parameter.current_stores.value == "managed"
    error_message = "The instance goes, the volume stays."
  }
}

run "the_old_instance_cannot_go_before_its_records" {
  command = plan
  variables {
    step                = 3
    keep_store_instance = false
  }

  expect_failures = [var.keep_store_instance]
}

run "the_masters_secret_can_be_opened_again" {
  command = plan
  variables {
    step         = 3
    stores_moved = true
    read_master  = true
  }

  assert {
    condition     = local.reads_master
    error_message = "create-logins needs it."
  }
}

run "port_80_is_closed_in_step_3" {
  command = plan
  variables {
    step         = 3
    keep_port_80 = true
  }

  expect_failures = [var.keep_port_80]
}

run "what_runs_besides_can_be_pinned_and_tuned" {
  command = plan
  variables {
    step             = 1
    images           = { nginx = "registry.example/nginx@sha256:00" }
    compose_settings = { WEB_CONCURRENCY = "4" }
  }

  assert {
    condition     = { for name, parameter in aws_ssm_parameter.compose : name => parameter.value } == { NGINX_IMAGE = "registry.example/nginx@sha256:00", WEB_CONCURRENCY = "4" }
    error_message = "Both stand where instances read Compose's variables, and nothing else does in step 1."
  }
}

run "there_is_no_step_4" {
  command = plan
  variables {
    step = 4
  }

  expect_failures = [var.step]
}

run "step_2_needs_a_certificate" {
  command = plan
  variables {
    step            = 2
    certificate_arn = ""
  }

  expect_failures = [var.certificate_arn]
}

run "nothing_is_named_for_nobody" {
  command = plan
  variables {
    step              = 1
    github_repository = "owner"
  }

  expect_failures = [var.github_repository]
}
