output "shop_address" {
  description = "Where the shop answers."
  value       = local.shop_settings.SHOP_URL
}

output "dns_target" {
  description = "What host_name must point to: an address in step 1 (A), a name from step 2 on (CNAME or alias)."
  value       = local.balanced ? aws_lb.shop[0].dns_name : aws_eip.store[0].public_ip
}

output "store_instance" {
  description = "For `aws ssm start-session --target`."
  value       = one(aws_instance.store[*].id)
}

output "store_volume" {
  description = "The volume that has the records until step 3."
  value       = aws_ebs_volume.stores.id
}

output "secret" {
  description = "What put_secrets.py fills."
  value       = aws_secretsmanager_secret.shop.name
}

output "log_group" {
  description = "Where log lines are."
  value       = aws_cloudwatch_log_group.shop.name
}

output "buckets" {
  description = "Backups, uploaded files, the load balancer's log."
  value       = { for name, bucket in aws_s3_bucket.shop : name => bucket.bucket }
}

# --- Variables of the GitHub repository and its environment ---------------------------------------

output "aws_region" {
  description = "AWS_REGION, of the repository and the environment."
  value       = var.region
}

output "aws_build_role" {
  description = "AWS_BUILD_ROLE, of the repository."
  value       = one(aws_iam_role.build[*].arn)
}

output "aws_deploy_role" {
  description = "AWS_DEPLOY_ROLE, of the environment."
  value       = one(aws_iam_role.deploy[*].arn)
}

output "ecr_repository" {
  description = "ECR_REPOSITORY, of the repository and the environment."
  value       = local.repository
}

output "deploy_document" {
  description = "DEPLOY_DOCUMENT, of the environment."
  value       = aws_ssm_document.deploy.name
}

output "environment" {
  description = "The environment's name on GitHub."
  value       = var.environment
}
