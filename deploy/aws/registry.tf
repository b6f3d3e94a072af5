# One registry for all environments: an image is built and scanned once, then deployed by digest.

resource "aws_ecr_repository" "shop" {
  #checkov:skip=CKV_AWS_136:Encrypted with a key of AWS; a key of our own protects nothing more and costs each month
  count = var.create_registry ? 1 : 0

  name                 = var.name
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "AES256"
  }
}

resource "aws_ecr_lifecycle_policy" "shop" {
  count = var.create_registry ? 1 : 0

  repository = aws_ecr_repository.shop[0].name
  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "What was pushed halfway"
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 14 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "All but the last 1000 builds; what runs must be among them, so deploy more often than that"
        selection    = { tagStatus = "tagged", tagPatternList = ["*"], countType = "imageCountMoreThan", countNumber = 1000 }
        action       = { type = "expire" }
      },
    ]
  })
}

locals {
  repository_arn = "arn:${local.partition}:ecr:${var.region}:${local.account}:repository/${var.name}"
  repository     = "${local.account}.dkr.ecr.${var.region}.amazonaws.com/${var.name}"
}
