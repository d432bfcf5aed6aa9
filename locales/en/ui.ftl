# What the screens say. Plain words, short sentences, no blame, no exclamation marks.

brand = Mend
window-title = { $screen } · Mend
skip-to-content = Skip to content
loading = One moment.
optional = optional
nav-label = Main
nav-home = Home
nav-reports = My reports
nav-notices = Notices
nav-today = Today
nav-outbox = Outbox
nav-me = Me
nav-unread = { $count } unread
nav-waiting = { $count } waiting

not-found-title = This page does not exist
not-found-text = The address may be old or mistyped. Nothing is lost.
not-found-home = Go to Home

## How dates, times and figures are written. The locale decides the clock and the digits.
format-locale = en-GB
date-day = { $weekday } { $day } { $month }
date-day-year = { $weekday } { $day } { $month } { $year }
date-today = today
date-tomorrow = tomorrow
date-today-time = Today, { $time }
date-day-time = { $day }, { $time }
date-just-now = Just now
time-of-day = { $hour }:{ $minute }
time-of-day-period = { $hour }:{ $minute } { $period }
distance-m = { $value } m
distance-km = { $value } km

## Network
offline-title = No network.
offline-text = You can still report. It sends itself later.
offline-waiting = { $count } waiting
no-city-title = Mend does not know your city yet.
no-city-text = It asks as soon as there is a network. You can start a report now: photo, words and place are kept.

## Status: the same words everywhere
status-received = Received
status-assigned = Assigned
status-in-progress = In progress
status-on-hold = On hold
status-resolved = Resolved
status-closed = Closed
status-reopened = Reopened
priority-label = Priority:
priority-low = Low
priority-medium = Medium
priority-high = High
priority-critical = Critical
due-by = Due { $date }
due-soon = Due { $date } { $time }
due-overdue = Overdue since { $date }

## On its way to the city
delivery-draft = Not sent yet
delivery-waiting = Waiting to send
delivery-sending = Sending
delivery-photos = Sending photo { $photo } of { $photos }
delivery-received = Received
delivery-needs-you = Needs you
delivery-blocked = Waits for another
delivery-sign-in = Sign in to send
next-draft = Continue any time
next-waiting = Safe here
next-sign-in = Safe here
next-needs-you = Safe here
next-reply-by = Reply by { $date }
next-mended-by = Mended by { $date }
next-on-hold = Work waits
next-city-answers = The city will answer

## Home
home-title = What needs mending?
home-report = Report a problem
home-report-hint = Photo, place, send. Most people need under a minute.
home-continue = Continue where you stopped.
home-continue-what = Continue where you stopped: { $what }.
home-all = All { $count }
home-staff = City staff: sign in
home-crew = To the orders of { $crew }

## My reports
reports-title = My reports
reports-empty = No reports yet. When you send one, you can follow it here.
reports-here = Still on this device
reports-here-hint = Everything here is safe on this device until the city has it.
reports-there = With the city
report-unnamed = New report
report-no-place = No place yet
retry-now = Try now
blocked-text = It goes by itself once the one before it is settled.
discard-report = Remove it
discard-report-sure = Remove it for good?
discard-photo = Remove the photo
discard-photo-sure = Remove the photo for good?
change-refused = Change it
review-edits = This takes the place of the report that you sent before. Its code stays { $code }.
withdraw = Take it back
withdraw-sure = Take it back for good?
draft-continue = Continue
draft-discard = Discard
draft-discard-sure = Discard it for good?

## One request
request-title = Your report
request-number = No. { $number }
request-open = { $what }, { $place }
request-mended = { $what } mended, { $place }
request-with = With { $with }
request-said = What you wrote
request-steps = Every step
request-newest-first = Newest first
mended-same-day = Mended within a day.
mended-in-days = { $days ->
    [one] Mended in { $days } day.
   *[other] Mended in { $days } days.
}
mended-promise-was = The promise was { $date }.
promise-title = The city’s promise
promise-reply = Reply by
promise-mended = Mended by
promise-kept = Kept
promise-paused = Paused while work waits
step-received = Received
step-assigned = Assigned
step-assigned-to = Assigned to { $crew }
step-started = In progress
step-resolved = Resolved
step-note = Note
step-photos = Photos added
step-on-hold = On hold
step-resumed = Work goes on
step-reopened = Reopened
step-closed = Closed
step-closed-why = It was mended, and nobody reopened it.
step-duplicate-why = Someone had reported the same before. That report goes on.
step-cancelled = Called off
step-withdrawn = Taken back
step-withdrawn-why = The person who reported it took it back.
step-amended = Changed by the person who reported it
step-photos-missing = A photo has not come
step-photos-missing-why = It was named seven days ago and is not here yet.
step-newer = Something newer. Update Mend to read it.
step-when-by = { $when } · { $by }
step-reported-later = reported later

## Why work waits
hold-parts = Parts or materials are on their way.
hold-weather = It cannot be done in this weather.
hold-other_party = Someone else must do their part first.
hold-access = The crew cannot get to it yet.
hold-resident = The city has asked the person who reported it for something.
hold-other = For another reason.

## Photos
photo-before = Before
photo-after = After
photo-alt-before = Photo of the problem
photo-alt-after = Photo of the finished work
photo-alt-step = Photo of this step
photo-alt-number = Photo { $number } of the problem
photo-take = Take or choose a photo
photo-another = Add another photo
photo-reading = Reading the photo
photo-remove = Remove photo { $number }
photo-full = That is all { $limit } photos. Remove one to add another.
photos-count = { $count ->
    [0] No photo
    [one] { $count } photo
   *[other] { $count } photos
}

## The report flow
flow-where = Step { $at } of { $of } · { $step }
flow-photo = Photo
flow-place = Place
flow-what = What
flow-details = Details
flow-review = Review
flow-back = Back
flow-close = Close. Your report is kept.
kept-at = Kept here, { $time }
sofar-title = Your report so far
sofar-open = Still open
sofar-hint = Nothing is sent before you check it.

photo-title = Show us the problem
photo-clean = Where and when it was taken is removed from the photo before it is sent.
photo-optional = No photo? You can go on without one.
photo-hint-title = Location found in photo
photo-hint-text = This photo was taken near { $place }. Is that the place?
photo-hint-use = Use it
photo-hint-choose = Choose myself
photo-hint-used = The place is set to { $place }.
next-place = Next: place

place-title = Where is it?
place-label = Address or coordinates
place-hint = For example 214 Kestrel Street, or 44.6312, -124.0512
place-clear = Clear the field
place-options = Places found
place-found = { $count ->
    [one] { $count } place found. Use the arrow keys.
   *[other] { $count } places found. Use the arrow keys.
}
place-nothing = We do not know this place. Try the street and number, or coordinates such as 44.6312, -124.0512.
place-missing = Type an address or coordinates.
place-choose = Choose a place from the list below the field.
place-instead = There is no { $number } here. This is the nearest number.
place-chosen = Chosen
place-from-address = From the city’s addresses
place-from-asset = From the city’s numbered things
place-from-coordinates = From coordinates
place-from-photo = From your photo
place-near = Or next to it
place-use = Use this place
outside-title = This place is not in { $city }.
outside-whose = This place is in { $whose }.
outside-their-line = You can still save your report. Their service line is { $phone }.
outside-text = You can still save your report. The city’s service line, { $phone }, knows who can help.

what-title = What is it?
what-legend = Choose one
what-missing = Choose what it is. If nothing fits, take the nearest.
what-later = Keep it for later
what-no-services = The list of services comes with the first connection. Your report is kept until then.
danger-call = Danger to life? Call { $number }
next-details = Next: a few details

details-title = A few details
details-else = Anything else?
details-else-hint = For example: worse after rain
details-missing = Please answer this one. The crew needs it.
answer-too-long = This is longer than { $limit } characters. Check it and shorten it.
answer-yes = Yes
answer-no = No
emergency-title = Is someone in danger now?
emergency-call = Call { $number } first.
text-counter = { $length } of { $limit } characters
text-too-long = { $over } characters too many. All of it is kept here; shorten it to { $limit } before you go on.
next-review = Next: review

review-title = Check and send
review-change = Change
review-add = Add it now
review-no-service = Say what it is before you send.
review-no-place = Choose the place before you send.
review-no-photo = This needs a photo before you send.
review-not-chosen = Not chosen yet
review-no-details = No more details
review-public = Public:
review-public-text = what it is, and the place. Photos are seen by you and the crew.
review-public-later = what it is; and the place, once the city has looked at it. Photos are seen by you and the crew.
review-public-coarse = only what it is, never the address. Photos are seen by you and the crew.
review-public-never = nothing of this report.
review-city-only = Only the city:
review-city-only-text = what you wrote. Nobody asks who you are.
review-promise = Reply by { $date }
review-promise-mended = Mended by { $date }, if you send it now
review-offline = No network. It is kept here and sends itself later.
review-send = Send report

## The receipt
receipt-bar = Receipt
receipt-close = Close the receipt
receipt-saved = Saved. It will send itself when you are connected.
receipt-saved-hint = Close the app, turn off the device: nothing is lost.
receipt-sending = Saved, and on its way.
receipt-sent = Thank you. Your report is with the city.
receipt-sent-date = Thank you. The city will reply by { $date }.
receipt-sent-by = Thank you. Your report is with { $with }. Reply by { $date }.
receipt-sent-hint = You will see every step here and in Notices.
receipt-photos-hint = Your words are there. { $done } of { $photos } photos, the rest follows by itself.
receipt-number-later = The city will give it a number.
receipt-code = Your tracking code
receipt-done = Done
receipt-follow = Follow this report
now-title = What happens now
now-saved = Saved on this device
now-sends = Sends by itself
now-sends-text = Words first, then photos. Once, never twice.
now-words-there = The city has your words
now-all-there = Words and photos have arrived.
now-answers = The city answers with a date
now-answers-text = You will see it here and in Notices.
now-reply = Reply by { $date }
now-mended = Mended by { $date }

## How each symbol of a tracking code is said
spell-A = Alfa
spell-B = Bravo
spell-C = Charlie
spell-D = Delta
spell-E = Echo
spell-F = Foxtrot
spell-G = Golf
spell-H = Hotel
spell-J = Juliett
spell-K = Kilo
spell-M = Mike
spell-N = November
spell-P = Papa
spell-Q = Quebec
spell-R = Romeo
spell-S = Sierra
spell-T = Tango
spell-V = Victor
spell-W = Whiskey
spell-X = X-ray
spell-Y = Yankee
spell-Z = Zulu

## Notices: the screen. Their own sentences are in notices.ftl
notices-title = Notices
notices-empty = Nothing new. When something happens to a report of yours, you read it here.
notice-new = New

## The crew
sign-in-title = Sign in for city staff
sign-in-text = Once, with a network. Afterwards this device works without one.
sign-in-name = Name
sign-in-password = Password
sign-in-show = Show the password
sign-in-no-name = Type your name.
sign-in-no-password = Type your password.
sign-in-do = Sign in
sign-in-go = Sign in again
sign-in-busy = Signing in
today-title = { $count ->
    [0] Today, no orders
    [one] Today, { $count } order
   *[other] Today, { $count } orders
}
today-crew = { $crew } · { $date }
today-next = Next
today-later = After that
today-done = Done
today-empty = No open orders. New ones appear here by themselves.
order-one = Order
order-title = { $what }, { $place }
order-position = { $lat }, { $lon }
order-start = Start work
order-resume = Go on with the work
order-complete = Complete the work
order-said = What people said
order-said-nothing = Nothing more than the photo and the place.
order-started = Started
order-completed = Done
order-notes = Notes
complete-title = Complete the work
complete-kept = Saved { $time }
complete-photo = Photo of the finished work
complete-outcome = What did you do?
outcome-mended = Mended
outcome-made-safe = Made safe only
complete-note = Note for the resident
complete-note-hint = For example: filled with hot mix, safe to drive on
complete-do = Complete
complete-offline = No network. Kept here until it is sent.
sync-all-sent = All sent · { $time }
sync-sending = Sending { $count }
sync-offline = Offline
sync-offline-waiting = Offline, { $count } waiting
sync-needs-you = { $count } { $count ->
    [one] needs
   *[other] need
} you
sync-connecting = Connecting
sync-problem = Not up to date
outbox-title = Outbox
outbox-text = Everything here is safe on this device until the city has it.
outbox-empty = All sent. Nothing waits here.
action-report = Report
action-start = Work started
action-complete = Work completed
action-withdraw = Report taken back
action-add_note = Note added
action-add_photos = Photos added
action-other = Something newer
me-nobody = Nobody is signed in on this device.
me-until = Signed in until { $date }
me-report = Report a problem as a resident
me-out = Sign out
me-out-sure = Really sign out?
me-out-hint = Work that has not been sent yet is kept, and goes after the next sign-in.
role-crew = Crew
role-dispatcher = Dispatch

## The portal
portal-title = What your city mends
portal-services = Services
portal-report = Report a problem
portal-report-text = Reports are made in the Mend app, also without a network. Here you can call the city’s service line.
portal-call = Call { $phone }
portal-back = All services
sla-days = { $response ->
    [one] Reply within { $response } working day
   *[other] Reply within { $response } working days
}, mended within { $resolution }
sla-hours = Reply within { $response } hours, mended within { $resolution }
sla-next-service-day = Done by the end of your next pickup day
track-title = Track a report
track-label = Tracking code
track-hint = Eight letters and digits, as on the receipt
track-do = Track
track-result = Report { $code }
track-malformed = A tracking code has eight letters and digits, such as 7K4M-2QX6. Check the receipt and type it again.
track-mistyped = One letter or digit is wrong, or two are swapped. Check the receipt and type it again.
track-nothing = No report has this code yet. If it was made without a network, it appears once it has been sent.
track-no-place = The place is not public
