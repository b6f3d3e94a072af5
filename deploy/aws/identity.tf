# Who may do what: the instances, GitHub's build, GitHub's deployment. Nobody has a key.

data "aws_iam_policy_document" "ec2_assumes" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "shop" {
  name               = "${local.prefix}-instance"
  description        = "The instances of the shop"
  assume_role_policy = data.aws_iam_policy_document.ec2_assumes.json
}

resource "aws_iam_instance_profile" "shop" {
  name = "${local.prefix}-instance"
  role = aws_iam_role.shop.name
}

locals {
  reads_master = local.managed && coalesce(var.read_master, !var.stores_moved)
}

data "aws_iam_policy_document" "instance" {
  #checkov:skip=CKV_AWS_356:The actions below with a star know no resources
  #checkov:skip=CKV_AWS_111:As above; metrics are held to one namespace by a condition

  statement {
    sid       = "SignInToRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "PullImages"
    actions   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [local.repository_arn]
  }

  # What the SSM agent needs for sessions and Run Command. The policy that AWS offers for it also lets
  # the instance read every parameter of the account.
  statement {
    sid = "AnswerSystemsManager"
    actions = [
      "ssm:UpdateInstanceInformation",
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
      "ec2messages:AcknowledgeMessage",
      "ec2messages:DeleteMessage",
      "ec2messages:FailMessage",
      "ec2messages:GetEndpoint",
      "ec2messages:GetMessages",
      "ec2messages:SendReply",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "ReadSettings"
    actions   = ["ssm:GetParameter", "ssm:GetParametersByPath"]
    resources = ["arn:${local.partition}:ssm:${var.region}:${local.account}:parameter${local.parameters}/*"]
  }

  statement {
    sid     = "ReadSecrets"
    actions = ["secretsmanager:GetSecretValue"]
    resources = concat(
      [aws_secretsmanager_secret.shop.arn],
      local.reads_master ? [aws_db_instance.shop[0].master_user_secret[0].secret_arn] : [],
    )
  }

  statement {
    sid       = "WriteLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.shop.arn}:*"]
  }

  statement {
    sid       = "TellHowItIs"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = [local.prefix]
    }
  }

  statement {
    sid       = "KeepBackupsAndUploads"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = [for name in local.buckets_of_shop : "${aws_s3_bucket.shop[name].arn}/${name}/*"]
  }

  statement {
    sid       = "SeeWhatIsThere"
    actions   = ["s3:ListBucket"]
    resources = [for name in local.buckets_of_shop : aws_s3_bucket.shop[name].arn]
  }

  dynamic "statement" {
    for_each = local.balanced ? ["shop"] : []

    content {
      sid       = "SayThatItHasStarted"
      actions   = ["autoscaling:CompleteLifecycleAction"]
      resources = ["arn:${local.partition}:autoscaling:${var.region}:${local.account}:autoScalingGroup:*:autoScalingGroupName/${local.prefix}-shop"]
    }
  }
}

locals {
  buckets_of_shop = [for name in keys(local.buckets) : name if name != "requests"]
}

resource "aws_iam_role_policy" "instance" {
  name   = "shop"
  role   = aws_iam_role.shop.id
  policy = data.aws_iam_policy_document.instance.json
}

# --- GitHub -----------------------------------------------------------------------------------------

locals {
  github          = var.github_repository != ""
  github_issuer   = "token.actions.githubusercontent.com"
  github_provider = "arn:${local.partition}:iam::${local.account}:oidc-provider/${local.github_issuer}"

  # Which run of a workflow may take which role, by the subject that GitHub signs.
  github_subjects = {
    build  = "repo:${var.github_repository}:ref:refs/heads/main"
    deploy = "repo:${var.github_repository}:environment:${var.environment}"
  }
}

resource "aws_iam_openid_connect_provider" "github" {
  count = local.github && var.create_github_provider ? 1 : 0

  url            = "https://${local.github_issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "github_assumes" {
  #checkov:skip=CKV_AWS_358:One subject each, whole and without a star; it is a variable that the check cannot read
  for_each = local.github_subjects

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.github_provider]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.github_issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.github_issuer}:sub"
      values   = [each.value]
    }
  }
}

resource "aws_iam_role" "build" {
  count = local.github && var.create_registry ? 1 : 0

  name                 = "${var.name}-build"
  description          = "GitHub, on the main branch: pushes images"
  assume_role_policy   = data.aws_iam_policy_document.github_assumes["build"].json
  max_session_duration = 3600

  depends_on = [aws_iam_openid_connect_provider.github]
}

data "aws_iam_policy_document" "build" {
  #checkov:skip=CKV_AWS_356:Signing in knows no resources

  statement {
    sid       = "SignInToRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid = "PushImages"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:DescribeImageScanFindings",
      "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = [local.repository_arn]
  }
}

resource "aws_iam_role_policy" "build" {
  count = length(aws_iam_role.build)

  name   = "push"
  role   = aws_iam_role.build[0].id
  policy = data.aws_iam_policy_document.build.json
}

resource "aws_iam_role" "deploy" {
  count = local.github ? 1 : 0

  name                 = "${local.prefix}-deploy"
  description          = "GitHub, in environment ${var.environment}: deploys"
  assume_role_policy   = data.aws_iam_policy_document.github_assumes["deploy"].json
  max_session_duration = 7200

  depends_on = [aws_iam_openid_connect_provider.github]
}

data "aws_iam_policy_document" "deploy" {
  #checkov:skip=CKV_AWS_356:Looking at commands knows no resources

  statement {
    sid       = "OneCommand"
    actions   = ["ssm:SendCommand"]
    resources = [aws_ssm_document.deploy.arn]
  }

  statement {
    sid       = "OnInstancesOfTheShop"
    actions   = ["ssm:SendCommand"]
    resources = ["arn:${local.partition}:ec2:${var.region}:${local.account}:instance/*"]

    condition {
      test     = "StringEquals"
      variable = "ssm:resourceTag/bookstore:environment"
      values   = [var.environment]
    }

    condition {
      test     = "StringEquals"
      variable = "ssm:resourceTag/bookstore:role"
      values   = ["shop"]
    }
  }

  statement {
    sid = "SeeWhatBecameOfIt"
    actions = [
      "ssm:CancelCommand",
      "ssm:GetCommandInvocation",
      "ssm:ListCommandInvocations",
      "ssm:ListCommands",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "RememberWhatRuns"
    actions   = ["ssm:GetParameter", "ssm:PutParameter"]
    resources = [for parameter in aws_ssm_parameter.image : parameter.arn]
  }

  statement {
    sid       = "LookAtImages"
    actions   = ["ecr:DescribeImages", "ecr:DescribeImageScanFindings"]
    resources = [local.repository_arn]
  }
}

resource "aws_iam_role_policy" "deploy" {
  count = local.github ? 1 : 0

  name   = "deploy"
  role   = aws_iam_role.deploy[0].id
  policy = data.aws_iam_policy_document.deploy.json
}
