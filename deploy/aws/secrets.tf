# Only the envelope: put_secrets.py makes random values and puts them in, so that none stands in
# Terraform's state. The database's master password is made and renewed by RDS.

resource "aws_secretsmanager_secret" "shop" {
  #checkov:skip=CKV_AWS_149:Encrypted with a key of AWS; who may read is said by IAM
  #checkov:skip=CKV2_AWS_57:Renewing SECRET_KEY signs everybody out, so a person decides when; docs/operations.md says how
  name        = local.prefix
  description = "The shop's secret variables, as one JSON object: SECRET_KEY, passwords, EMAIL_URL, payment keys"

  recovery_window_in_days = 30
}
