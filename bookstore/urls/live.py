"""Live answers, out of memory."""

from catalog import live as catalog_live
from orders import live as orders_live

urlpatterns = [*catalog_live.urlpatterns, *orders_live.urlpatterns]
