# Backups from step 1 on. Uploaded files from step 2 on, because two instances share no disk. The load
# balancer's log beside it.

locals {
  buckets = merge(
    { backups = { versions = true, days = 90 } },
    local.balanced ? {
      media    = { versions = true, days = null }
      requests = { versions = false, days = var.log_days }
    } : {},
  )
}

resource "aws_s3_bucket" "shop" {
  #checkov:skip=CKV_AWS_18:Only the instances read here, and CloudTrail can say when
  #checkov:skip=CKV_AWS_144:A second region is a choice of the bookseller's; docs/aws.md says how far one region goes
  #checkov:skip=CKV_AWS_145:Encrypted with a key of AWS, as load balancers' logs must be
  #checkov:skip=CKV_AWS_21:All but the load balancer's log have versions
  #checkov:skip=CKV2_AWS_61:All have a lifecycle, one resource for all
  #checkov:skip=CKV2_AWS_62:Nothing waits for an upload
  for_each = local.buckets

  bucket = "${local.prefix}-${each.key}-${local.account}"

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "shop" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.shop[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "shop" {
  for_each = local.buckets

  bucket = aws_s3_bucket.shop[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "shop" {
  for_each = local.buckets

  bucket = aws_s3_bucket.shop[each.key].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "shop" {
  for_each = { for name, bucket in local.buckets : name => bucket if bucket.versions }

  bucket = aws_s3_bucket.shop[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "shop" {
  for_each = local.buckets

  bucket = aws_s3_bucket.shop[each.key].id

  rule {
    id     = "old"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    dynamic "expiration" {
      for_each = each.value.days == null ? [] : [each.value.days]

      content {
        days = expiration.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.shop]
}

data "aws_iam_policy_document" "bucket" {
  for_each = local.buckets

  statement {
    sid       = "OnlyOverTLS"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.shop[each.key].arn, "${aws_s3_bucket.shop[each.key].arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # Everybody may see uploaded files, in the shop. So role frontend reads them without a key: it needs
  # no part in the instances' role, which may do more.
  dynamic "statement" {
    for_each = each.key == "media" ? ["frontend"] : []

    content {
      sid       = "TheShopsNetworkReads"
      actions   = ["s3:GetObject", "s3:ListBucket"]
      resources = [aws_s3_bucket.shop[each.key].arn, "${aws_s3_bucket.shop[each.key].arn}/media/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceVpce"
        values   = [aws_vpc_endpoint.s3.id]
      }
    }
  }

  # But suppliers' files and lists are for staff: whoever has no key gets none of them.
  dynamic "statement" {
    for_each = each.key == "media" ? ["private"] : []

    content {
      sid       = "PrivateFilesNeedAKey"
      effect    = "Deny"
      actions   = ["s3:GetObject"]
      resources = ["${aws_s3_bucket.shop[each.key].arn}/media/private/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:PrincipalType"
        values   = ["Anonymous"]
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == "requests" ? ["balancer"] : []

    content {
      sid       = "BalancerWritesItsLog"
      actions   = ["s3:PutObject"]
      resources = ["${aws_s3_bucket.shop[each.key].arn}/balancer/AWSLogs/${local.account}/*"]

      principals {
        type        = "Service"
        identifiers = ["logdelivery.elasticloadbalancing.amazonaws.com"]
      }

      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = ["arn:${local.partition}:elasticloadbalancing:${var.region}:${local.account}:loadbalancer/*"]
      }
    }
  }
}

resource "aws_s3_bucket_policy" "shop" {
  for_each = local.buckets

  bucket = aws_s3_bucket.shop[each.key].id
  policy = data.aws_iam_policy_document.bucket[each.key].json

  depends_on = [aws_s3_bucket_public_access_block.shop]
}
