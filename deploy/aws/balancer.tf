# Step 2: HTTPS in front, and at least two instances over two zones behind it.

resource "aws_lb" "shop" {
  #checkov:skip=CKV2_AWS_28:nginx limits requests by address; a web application firewall is the bookseller's choice
  #checkov:skip=CKV_AWS_150:deletion_protection says so, and is on unless somebody tears the shop down
  count = local.balanced ? 1 : 0

  name                       = local.prefix
  load_balancer_type         = "application"
  subnets                    = aws_subnet.public[*].id
  security_groups            = [aws_security_group.balancer[0].id]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection
  idle_timeout               = 50 # less than nginx's keepalive_timeout, so that this side closes first

  access_logs {
    bucket  = aws_s3_bucket.shop["requests"].bucket
    prefix  = "balancer"
    enabled = true
  }

  depends_on = [aws_s3_bucket_policy.shop, aws_route.internet]
}

# nginx on each instance sends a request on to its role; a target group for each role lets the load
# balancer leave out an instance for the one role that is not ready there.
resource "aws_lb_target_group" "role" {
  #checkov:skip=CKV_AWS_378:Inside the network nginx speaks HTTP; TLS ends at the load balancer
  for_each = local.balanced ? local.roles : {}

  name                 = "${local.prefix}-${each.key}"
  vpc_id               = aws_vpc.shop.id
  port                 = local.shop_port
  protocol             = "HTTP"
  deregistration_delay = 40 # the longest request takes 30 s, a test compares gunicorn's times

  health_check {
    path                = each.value.ready_path
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "http" {
  count = local.balanced ? 1 : 0

  load_balancer_arn = aws_lb.shop[0].arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"

    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_lb_listener" "https" {
  count = local.balanced ? 1 : 0

  load_balancer_arn = aws_lb.shop[0].arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.role["frontend"].arn
  }
}

locals {
  # A rule takes five values at most, and a load balancer a hundred rules. Each role has a hundred
  # priorities of its own, so that one more rule moves no other.
  listener_rules = local.balanced ? merge([
    for first, role in { 100 = "rds", 200 = "redis", 300 = "frontend" } : {
      for index, prefixes in chunklist(local.roles[role].prefixes, 5) :
      "${role}-${index + 1}" => { role = role, prefixes = prefixes, priority = first + index }
    }
  ]...) : {}
}

resource "aws_lb_listener_rule" "role" {
  for_each = local.listener_rules

  listener_arn = aws_lb_listener.https[0].arn
  priority     = each.value.priority

  condition {
    path_pattern {
      values = [for prefix in each.value.prefixes : "${prefix}*"]
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.role[each.value.role].arn
  }

  tags = { Name = "${local.prefix}-${each.key}" }
}

# --- The instances behind it ----------------------------------------------------------------------

resource "aws_launch_template" "shop" {
  #checkov:skip=CKV_AWS_88:Public addresses instead of NAT gateways; the security group lets only the load balancer in
  #checkov:skip=CKV_AWS_341:Two hops, because containers use the instance's role for S3
  count = local.balanced ? 1 : 0

  name                   = "${local.prefix}-shop"
  image_id               = local.ami
  instance_type          = var.shop_instance_type
  update_default_version = true
  ebs_optimized          = true
  user_data              = base64encode(local.user_data.shop)

  iam_instance_profile {
    arn = aws_iam_instance_profile.shop.arn
  }

  network_interfaces {
    associate_public_ip_address = true
    security_groups             = [aws_security_group.shop[0].id]
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
    instance_metadata_tags      = "enabled"
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = 30
      encrypted             = true
      delete_on_termination = true
    }
  }

  tag_specifications {
    resource_type = "volume"
    tags          = merge(local.tags, { Name = "${local.prefix}-shop" })
  }
}

resource "aws_autoscaling_group" "shop" {
  count = local.balanced ? 1 : 0

  name                = "${local.prefix}-shop"
  vpc_zone_identifier = aws_subnet.public[*].id
  target_group_arns   = [for role in aws_lb_target_group.role : role.arn]
  min_size            = var.shop_instances.min
  max_size            = var.shop_instances.max

  # Not "ELB": a database that is away for minutes would make every instance unready, and replacing
  # them all would not bring it back. The load balancer leaves out what is not ready.
  health_check_type         = "EC2"
  health_check_grace_period = 300
  default_instance_warmup   = 60
  wait_for_capacity_timeout = "0"
  enabled_metrics           = ["GroupInServiceInstances"]

  launch_template {
    id      = aws_launch_template.shop[0].id
    version = aws_launch_template.shop[0].latest_version
  }

  # An instance counts once deploy/instance/start says that the shop answers there.
  initial_lifecycle_hook {
    name                 = "starting"
    lifecycle_transition = "autoscaling:EC2_INSTANCE_LAUNCHING"
    heartbeat_timeout    = 900
    default_result       = "ABANDON"
  }

  dynamic "instance_refresh" {
    for_each = var.instance_refresh ? ["rolling"] : []

    content {
      strategy = "Rolling"

      preferences {
        min_healthy_percentage = 100
        max_healthy_percentage = 150
      }
    }
  }

  dynamic "tag" {
    for_each = merge(local.tags, { Name = "${local.prefix}-shop", "bookstore:role" = "shop" })

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  depends_on = [aws_route.internet]

  lifecycle {
    ignore_changes = [desired_capacity]
  }
}

resource "aws_autoscaling_policy" "busy" {
  count = local.balanced ? 1 : 0

  name                   = "busy"
  autoscaling_group_name = aws_autoscaling_group.shop[0].name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 55

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}
