# The one thing that a deployment may do on an instance.

locals {
  image_pattern = "${replace(local.repository, ".", "\\.")}@sha256:[0-9a-f]{64}"
}

resource "aws_ssm_document" "deploy" {
  name            = "${local.prefix}-deploy"
  document_type   = "Command"
  document_format = "JSON"

  # SSM puts the parameters into a shell's text, so each pattern says exactly what may come.
  content = jsonencode({
    schemaVersion = "2.2"
    description   = "Replaces one part of the shop by another image, or by the one before"
    parameters = {
      Role = {
        type           = "String"
        description    = "The part that is replaced"
        allowedValues  = ["backend", "frontend"]
        allowedPattern = "^(backend|frontend)$"
      }
      Image = {
        type           = "String"
        description    = "REPOSITORY@sha256:DIGEST, --rollback to the image before, or --restart for changed settings"
        allowedPattern = "^(${local.image_pattern}|--rollback|--restart)$"
      }
    }
    mainSteps = [{
      action = "aws:runShellScript"
      name   = "deploy"
      inputs = {
        timeoutSeconds = "2400"
        runCommand = [
          # A new instance starts by itself, with what has been released when it is ready.
          "[ -x /opt/bookstore/deploy/instance/deploy-role ] || { echo 'The shop has not started here yet; it starts by itself.'; exit 0; }",
          "/opt/bookstore/deploy/instance/deploy-role '{{ Role }}' '{{ Image }}'",
        ]
      }
    }]
  })
}
