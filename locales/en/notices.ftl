# What is told about a report. $service is its short name, $by the crew or department, $number the
# city's number. The first line is the headline, .text says more.

notice-the-city = The city
notice-received = Your report is received
    .text = { $service }, No. { $number }. Open it to see when the city replies.
notice-assigned = { $by } has your report
    .text = { $service }, No. { $number }.
notice-started = Work has begun
    .text = { $service }, No. { $number }. { $by } is on it.
notice-resolved = Your report is mended
    .text = { $service }, No. { $number }, by { $by }. See the photo of the finished work.
notice-on_hold = Work on your report waits
    .text = { $service }, No. { $number }. Open it to see why.
notice-photos_missing = A photo of yours has not come
    .text = { $service }, No. { $number }. Your words are with the city; open Mend on the device with the photo, where there is a network.
notice-duplicate = Someone reported this before you
    .text = { $service }, No. { $number }. Both are one report now, and it goes on.
