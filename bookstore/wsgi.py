"""The WSGI application that gunicorn serves, in the role that BOOKSTORE_ROLE names."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstore.settings")
application = get_wsgi_application()
