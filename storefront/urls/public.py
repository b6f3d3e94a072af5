"""The public pages: the same for everyone, cached for everyone."""

from django.urls import path

from storefront.views import browse, covers, edition, home, lists, media, search, site

urlpatterns = [
    path("", home.show, name="home"),
    path("search/", search.show, name="search"),
    path("search/available/", search.count_available, name="search_available"),
    path("books/<str:number>/", edition.show, name="edition_number"),
    path("books/<str:number>/<slug:slug>/", edition.show, name="edition"),
    path("contributors/<slug:slug>/", lists.contributor, name="contributor"),
    path("series/<slug:slug>/", lists.series, name="series"),
    path("subjects/", lists.subjects, name="subjects"),
    path("subjects/<slug:slug>/", lists.subject, name="subject"),
    path("imprints/<slug:slug>/", lists.imprint, name="imprint"),
    path("new/", browse.new, name="new"),
    path("new/feed.xml", browse.feed, name="feed"),
    path("coming-soon/", browse.coming_soon, name="coming_soon"),
    path("lists/", lists.staff_lists, name="staff_lists"),
    path("lists/<slug:slug>/", lists.staff_list, name="staff_list"),
    path("covers/<str:isbn13>.svg", covers.show, name="cover"),
    path("media/<path:name>", media.show, name="media"),
    path("sitemap.xml", site.sitemap_xml, name="sitemap"),
    path("robots.txt", site.robots_txt, name="robots"),
    path("about/", site.about, name="about"),
    path("status/", site.status, name="status"),
]
