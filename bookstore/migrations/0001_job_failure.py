import django.db.models.deletion
from django.db import migrations, models

# Written by hand: Procrastinate deletes old jobs by its own statements, so the database cascades.
CASCADE = """
ALTER TABLE bookstore_jobfailure ADD CONSTRAINT bookstore_jobfailure_of_job
FOREIGN KEY (job_id) REFERENCES procrastinate_jobs (id) ON DELETE CASCADE
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("procrastinate", "0041_post_retry_failed_job")]

    operations = [
        migrations.CreateModel(
            name="JobFailure",
            fields=[
                (
                    "job",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="failure",
                        serialize=False,
                        to="procrastinate.procrastinatejob",
                    ),
                ),
                ("message", models.TextField(verbose_name="what went wrong")),
                ("failed_at", models.DateTimeField(verbose_name="failed at")),
            ],
            options={
                "verbose_name": "failure of a job",
                "verbose_name_plural": "failures of jobs",
            },
        ),
        migrations.RunSQL(
            CASCADE, "ALTER TABLE bookstore_jobfailure DROP CONSTRAINT bookstore_jobfailure_of_job"
        ),
    ]
