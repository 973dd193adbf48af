"""Every address of FracOps. Each one has a row in tests/test_access.py, or the tests fail."""

from allauth.account import views as account
from django.urls import include, path, re_path

from clients.views import areas as kinds_of_work
from clients.views import away, concerns, feeds, news, person, quick, rates, risks, week
from clients.views import changes as trail
from clients.views import engagement as retainer
from clients.views import events as noted
from clients.views import fit as fitted
from clients.views import handbook as kept
from clients.views import hours as worked
from clients.views import inbox as told
from clients.views import invitations as asked
from clients.views import practice as firm
from clients.views import support as asked_for
from clients.views import vendors as bought
from clients.views.assumptions import assume, assumptions, remove_tool, tool_cost
from clients.views.closures import calendar, remove_closure
from clients.views.join import join
from clients.views.new_client import new_client
from clients.views.people import people
from clients.views.record import client_settings
from fracops.health import healthz
from fracops.pages import charter as signed
from fracops.pages import charter_acts as acts
from fracops.pages import discovery as first
from fracops.pages import opportunity as chance
from fracops.pages import opportunity_acts as chance_acts
from fracops.pages import playbook as known
from fracops.pages import portfolio_views
from fracops.pages import retirements as leaving
from fracops.pages import roadmap as planned
from fracops.pages.charter_link import charter_link
from fracops.pages.charter_workshop import workshop
from fracops.pages.clients import clients
from fracops.pages.colour import colour
from fracops.pages.costs import costs
from fracops.pages.exports import download, exports
from fracops.pages.first_steps import first_steps
from fracops.pages.friday import friday
from fracops.pages.happened import happened
from fracops.pages.overview import figures, overview
from fracops.pages.says_who import says_who
from fracops.pages.search import search
from fracops.pages.since import since
from fracops.pages.spend import spent
from fracops.pages.styleguide import styleguide
from fracops.pages.vendors import vendor, vendors
from monitoring import views_outcomes as said
from monitoring import views_push as pushed
from monitoring import views_sources as pulled
from monitoring.views import renew, seen, sources, withdraw
from monitoring.views_otlp import traces
from monitoring.views_prompts import prompts
from monitoring.views_queries import queries, query
from monitoring.views_seams import take_over
from reports import views as reports
from reports import views_recipients as listed

client_pages = [
    path("", overview, name="client"),
    path("since/", since, name="since"),
    path("figures.json", figures, name="client-figures"),
    path("colour.css", colour, name="client-colour"),
    path("says-who/<str:metric>/", says_who, name="says-who"),
    path("charter/", signed.charter, name="charter"),
    path("charter/went-live/<str:public_id>/", acts.went_live, name="charter-live"),
    path("charter/<str:quarter>/", signed.charter, name="charter-quarter"),
    path("charter/<str:quarter>/write/", workshop, name="charter-write"),
    path("charter/<str:quarter>/changes/", signed.changes, name="charter-changes"),
    path("charter/<str:quarter>/pdf/", signed.pdf, name="charter-pdf"),
    path("charter/<str:quarter>/agree/", acts.agree, name="charter-agree"),
    path("charter/<str:quarter>/send/", acts.send, name="charter-send"),
    path("charter/<str:quarter>/links/<str:public_id>/withdraw/", acts.withdraw_link, name="charter-link-withdraw"),
    path("charter/<str:quarter>/close/", acts.close, name="charter-close"),
    path("charter/<str:quarter>/targets/<str:public_id>/say/", acts.say, name="charter-say"),
    path("roadmap/", planned.board, name="roadmap"),
    path("roadmap/list/", planned.listed, name="roadmap-list"),
    path("roadmap/playbook/", known.suggested, name="playbook-client"),
    path("roadmap/new/", chance.new, name="opportunity-new"),
    path("roadmap/<str:public_id>/", chance.opportunity, name="opportunity"),
    path("roadmap/<str:public_id>/edit/", chance.edit, name="opportunity-edit"),
    path("roadmap/<str:public_id>/move/", chance.move, name="opportunity-move"),
    path("roadmap/<str:public_id>/judge/", chance_acts.judge, name="opportunity-judge"),
    path("roadmap/<str:public_id>/promote/", chance_acts.promote, name="opportunity-promote"),
    path("roadmap/<str:public_id>/result/", chance_acts.result, name="opportunity-result"),
    path("engagement/", retainer.engagement, name="engagement"),
    path("engagement/fit/", fitted.new, name="fit-new"),
    path("engagement/fit/<str:public_id>/", fitted.fit, name="fit"),
    path("engagement/begin/", retainer.begin, name="engagement-begin"),
    path("engagement/<str:public_id>/edit/", retainer.edit, name="engagement-edit"),
    path("engagement/<str:public_id>/terms/", retainer.terms, name="engagement-terms"),
    path("engagement/<str:public_id>/notice/", retainer.notice, name="engagement-notice"),
    path("engagement/<str:public_id>/withdraw/", retainer.withdraw, name="engagement-withdraw"),
    path("discovery/begin/", first.begin, name="discovery-begin"),
    path("discovery/<str:public_id>/", first.discovery, name="discovery"),
    path("discovery/<str:public_id>/edit/", first.edit, name="discovery-edit"),
    path("discovery/<str:public_id>/decide/", first.decide, name="discovery-decide"),
    path("discovery/<str:public_id>/access/", first.access, name="discovery-access"),
    path("discovery/<str:public_id>/phases/new/", first.new_phase, name="phase-new"),
    path("phases/<str:public_id>/edit/", first.edit_phase, name="phase-edit"),
    path("phases/<str:public_id>/act/", first.act, name="phase-act"),
    path("deliverables/<str:month>/", retainer.deliverable, name="deliverable"),
    path("hours/", worked.hours, name="hours-client"),
    path("hours.csv", worked.hours_csv, name="hours-csv"),
    path("hours/new/", worked.new, name="hours-new"),
    path("hours/<str:public_id>/", worked.entry, name="hours-entry"),
    path("events/", happened, name="events"),
    path("events/new/", noted.new, name="event-new"),
    path("events/<str:public_id>/", noted.edit, name="event"),
    path("events/<str:public_id>/end/", noted.end, name="event-end"),
    path("reviews/<str:public_id>/", noted.review, name="event-review"),
    path("costs/", costs, name="costs"),
    path("spend/", spent, name="client-spend"),
    path("sources/", sources, name="sources"),
    path("sources/connect/", pulled.connect, name="source-connect"),
    path("sources/<str:public_id>/", pulled.source, name="source"),
    path("sources/<str:public_id>/progress/", pulled.progress, name="source-progress"),
    path("sources/<str:public_id>/edit/", pulled.edit, name="source-edit"),
    path("sources/<str:public_id>/keeping/", pulled.keeping, name="source-keeping"),
    path("sources/<str:public_id>/act/", pulled.act, name="source-act"),
    path("sources/<str:public_id>/remove/", pulled.remove, name="source-remove"),
    path("sources/<str:public_id>/take-over/", take_over, name="source-take-over"),
    path("outcomes/", said.outcomes, name="outcomes"),
    path("outcomes/define/", said.define, name="outcome-define"),
    path("outcomes/<str:key>/", said.outcome, name="outcome"),
    path("outcomes/<str:key>/edit/", said.edit, name="outcome-edit"),
    path("signals/", pulled.signals, name="signals"),
    path("sources/<str:public_id>/token/", renew, name="source-token"),
    path("sources/<str:public_id>/token/withdraw/", withdraw, name="source-withdraw"),
    path("sources/<str:public_id>/seen/", seen, name="source-seen"),
    path("prompts/", prompts, name="prompts"),
    path("handbook/", kept.book, name="handbook"),
    path("handbook/new/<str:kind>/", kept.new, name="handbook-new"),
    path("handbook/<str:public_id>/", kept.page, name="handbook-page"),
    path("handbook/<str:public_id>/edit/", kept.edit, name="handbook-edit"),
    path("handbook/<str:public_id>/changes/", kept.compare, name="handbook-compare"),
    path("handbook/<str:public_id>/approve/", kept.approve, name="handbook-approve"),
    path("risks/", concerns.concerns, name="client-risks"),
    path("risks/<str:public_id>/", concerns.concern, name="client-risk"),
    path("risks/<str:public_id>/edit/", concerns.edit, name="client-risk-edit"),
    path("vendors/", vendors, name="vendors"),
    path("vendors/new/", bought.new, name="vendor-new"),
    path("vendors/<str:public_id>/", vendor, name="vendor"),
    path("vendors/<str:public_id>/edit/", bought.edit, name="vendor-edit"),
    path("support/", asked_for.support, name="support"),
    path("support/new/", asked_for.new, name="support-new"),
    path("support/<str:public_id>/", asked_for.entry, name="support-entry"),
    path("support/<str:public_id>/edit/", asked_for.edit, name="support-edit"),
    path("queries/", queries, name="queries"),
    path("queries/<str:source>/<str:trace_id>/<str:span_id>/", query, name="query"),
    path("pulse/", reports.reports, {"kind": "pulse"}, name="pulses"),
    path("pulse/<str:label>/", reports.report, {"kind": "pulse"}, name="pulse"),
    path("pulse/<str:label>/mail/", reports.mail, {"kind": "pulse"}, name="pulse-mail"),
    path("pulse/<str:label>/pdf/", reports.pdf, {"kind": "pulse"}, name="pulse-pdf"),
    path("pulse/<str:label>/freeze/", reports.freeze, {"kind": "pulse"}, name="pulse-freeze"),
    path("roi/", reports.reports, {"kind": "roi"}, name="rois"),
    path("roi/<str:label>/", reports.report, {"kind": "roi"}, name="roi"),
    path("roi/<str:label>/pdf/", reports.pdf, {"kind": "roi"}, name="roi-pdf"),
    path("roi/<str:label>/freeze/", reports.freeze, {"kind": "roi"}, name="roi-freeze"),
    path("deliveries/<str:public_id>/settle/", reports.settle, name="settle"),
    path("settings/", client_settings, name="client-settings"),
    path("exports/", exports, name="exports"),
    path("exports/<str:public_id>.zip", download, name="export-download"),
    path("calendar/", calendar, name="calendar"),
    path("calendar/<str:public_id>/remove/", remove_closure, name="closure-remove"),
    path("recipients/", listed.recipients, name="recipients"),
    path("recipients/<str:public_id>/remove/", listed.remove, name="recipient-remove"),
    path("assumptions/", assumptions, name="assumptions"),
    path("assumptions/new/", assume, name="assume"),
    path("assumptions/tools/new/", tool_cost, name="tool-cost-new"),
    path("assumptions/tools/<str:public_id>/", tool_cost, name="tool-cost"),
    path("assumptions/tools/<str:public_id>/remove/", remove_tool, name="tool-cost-remove"),
]

practice_pages = [
    path("first-steps/", first_steps, name="first-steps"),
    path("settings/", firm.practice_settings, name="practice-settings"),
    path("logo", firm.logo, name="practice-logo"),
    path("changes/", trail.changes, name="practice-changes"),
    path("playbook/", known.patterns, name="playbook"),
    path("playbook/new/", known.write, name="pattern-new"),
    path("playbook/<str:public_id>/", known.write, name="pattern"),
    path("areas/", kinds_of_work.areas, name="areas"),
    path("models/", leaving.retirements, name="retirements"),
    path("models/feeds/new/", leaving.new_feed, name="retirement-feed-new"),
    path("models/feeds/<str:public_id>/act/", leaving.feed_act, name="retirement-feed-act"),
    path("models/<str:public_id>/", leaving.retirement, name="retirement"),
    path("clients/new/", new_client, name="client-new"),
    path("leave/", away.absences, name="absences"),
    path("leave/new/", away.new, name="absence-new"),
    path("leave/<str:public_id>/", away.absence, name="absence"),
    path("leave/<str:public_id>/remove/", away.remove, name="absence-remove"),
    path("people/", people, name="people"),
    path("people/<str:public_id>/", person.person, name="person"),
    path("people/<str:public_id>/act/", person.act, name="person-act"),
    path("people/<str:public_id>/hand-over/", person.hand_over, name="person-hand-over"),
    path("people/<str:public_id>/deactivate/", person.deactivate, name="person-deactivate"),
    path("invitations/", asked.listed, name="invitations"),
    path("invitations/new/", asked.invite, name="invite"),
    path("invitations/<str:public_id>/act/", asked.act, name="invitation-act"),
    path("risks/", risks.register, name="risks"),
    path("risks/new/", risks.new, name="risk-new"),
    path("risks/<str:public_id>/", risks.risk, name="risk"),
    path("risks/<str:public_id>/edit/", risks.edit, name="risk-edit"),
    path("risks/<str:public_id>/note/", risks.note, name="risk-note"),
    path("risks/<str:public_id>/concern/", risks.concern, name="risk-concern"),
    path("news/", news.listed, name="news"),
    path("news/<str:public_id>/<str:deed>/", news.act, name="news-act"),
    path("feeds/", feeds.feeds, name="feeds"),
    path("feeds/<str:public_id>/", feeds.feed, name="feed"),
    path("feeds/<str:public_id>/act/", feeds.act, name="feed-act"),
    path("rates/", rates.rates, name="practice-rates"),
    path("rates/<str:public_id>/", rates.rate, name="practice-rate"),
]

# The person's own hours, over all their clients.
hours_pages = [
    path("", week.hours, name="hours"),
    path("add/", quick.add, name="hours-add"),
    path("stop/", quick.stop, name="hours-stop"),
    path("undo/<str:act>/", quick.take_back, name="hours-undo"),
    path("zone/", week.zone, name="hours-zone"),
]

# Of allauth's pages those that let a known person in: an address is given by the practice, never changed by its owner, because
# people are found by it.
account_pages = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("signup/", account.signup, name="account_signup"),  # says that there is none
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
]

handler400 = "fracops.badinput.bad_request"
handler404 = "fracops.notfound.not_found"

urlpatterns = [
    path("", clients, name="clients"),
    path("friday/", friday, name="friday"),
    path("inbox/", told.inbox, name="inbox"),
    path("inbox/read/", told.read, name="inbox-read"),
    path("inbox/<str:public_id>/", told.follow, name="inbox-follow"),
    path("search/", search, name="search"),
    path("views/", portfolio_views.save, name="view-save"),
    path("views/<str:public_id>/remove/", portfolio_views.remove, name="view-remove"),
    path("c/<slug:slug>/", include(client_pages)),
    path("p/<slug:practice>/", include(practice_pages)),
    path("hours/", include(hours_pages)),
    path("v1/traces", traces, name="otlp-traces"),
    path("v1/calls", pushed.calls, name="push-calls"),
    path("v1/scores", pushed.scores, name="push-scores"),
    path("v1/outcomes", pushed.outcomes, name="push-outcomes"),
    path("join/<str:token>/", join, name="join"),
    path("agree/<str:token>/", charter_link, name="charter-link"),
    path("unsubscribe/<str:token>/", listed.unsubscribe, name="unsubscribe"),
    path("healthz", healthz, name="healthz"),
    path("styleguide/", styleguide, name="styleguide"),
    path("accounts/", include(account_pages)),
]
