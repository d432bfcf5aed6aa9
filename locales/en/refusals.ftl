# What is said when something did not work. The first line says what happened; the next one what
# is kept and what to do. The id is refusal-CODE, with the codes of mend_core::refusal, of the
# device and of the server.

## From the city's rules
refusal-bad_frame =
    The city could not read this.
    It is kept on this device. Update Mend and try again.
refusal-bad_signature =
    The city could not check who sent this.
    It is kept on this device. Try again; if it stays, call the service line.
refusal-wrong_city =
    This was made for another city.
    It is kept on this device. Remove it, and report it in the city that it belongs to.
refusal-id_reused =
    This was sent before with other words, and the city kept the first.
    Nothing is lost: your version is still here. Remove it once you have compared the two.
refusal-unknown_command =
    The city does not understand this yet.
    It is kept on this device. Update Mend, or try again later.
refusal-bad_body =
    Something in this is not as the city needs it.
    It is kept on this device. Remove it and write it again, or call the service line.
refusal-unknown_service =
    The city no longer offers this service.
    Your report is kept. Choose another service.
refusal-bad_position =
    This is not a position on the map.
    Your report is kept. Choose the place again.
refusal-outside_city =
    This place is not in the city.
    Your report is kept. Choose another place, or call the service line about whose it is.
refusal-missing_answer =
    One question is still open.
    Your report is kept. Answer it under Details and send again.
refusal-bad_answer =
    One answer does not fit its question.
    Your report is kept. Answer it again under Details and send it.
refusal-text_too_long =
    The text is longer than { $limit } characters.
    All of it is kept here. Shorten it and send again.
refusal-empty_text =
    There are no words in this note.
    Nothing is lost. Write something first.
refusal-too_many_photos =
    There are more than { $limit } photos.
    All of them are kept. Remove some and send again.
refusal-missing_photo =
    This needs a photo.
    All of it is kept here. Add a photo and send again.
refusal-photo_lost =
    The photo is no longer whole on this device.
    The city has your words. Remove the photo, and they go on without it.
refusal-photo_too_large =
    The photo is too large.
    Your report is kept. Choose another photo, or take one now.
refusal-not_found =
    This is not there, or not for you to see.
    Nothing else has changed. Go back and look in the list.
refusal-already_exists =
    The city has this already.
    Nothing is lost. Look in My reports.
refusal-sign_in_needed =
    Your sign-in has ended.
    Your work is kept on this device. Sign in again and it goes by itself.
refusal-not_allowed =
    Your account may not do this.
    It is kept on this device. Ask dispatch, or remove it.
refusal-already_completed =
    This order is completed already.
    Your work is kept. Dispatch can see both.
refusal-work_started =
    A crew has begun work on this, so it can no longer be taken back.
    Nothing was changed. If it should not be mended, call the service line.
refusal-answered =
    The city has this report already, so it can no longer be changed here.
    Nothing was changed.
refusal-already_closed =
    This report is closed.
    Your words are kept on this device. If it is broken again, report it again.
refusal-unknown_crew =
    The city does not have this crew.
    Nothing has changed. Choose another crew.
refusal-conflict =
    Someone else changed this meanwhile.
    Yours is kept on this device. Look at what it is now and try again.
refusal-unknown =
    Something did not work.
    What you entered is kept on this device. Try again, or call the service line.

## From this device
refusal-offline =
    The city cannot be reached.
    Everything is kept on this device. Try again when you are connected.
refusal-no_network =
    The city cannot be reached.
    Check your connection and try again.
refusal-server_unreadable =
    The city’s answer could not be read.
    Everything is kept on this device. Update Mend, or try again later.
refusal-bad_server =
    The address of the city’s server is not right.
    Everything is kept on this device. Check the address that Mend was started with.
refusal-no_city =
    Mend does not know your city yet.
    What you entered is kept on this device. It goes on with the first connection.
refusal-draft_gone =
    This was sent or discarded meanwhile.
    Look in My reports; if it is not there, start a new one.
refusal-upload_gone =
    Reading the photo broke off.
    The rest is kept. Choose the photo again.
refusal-bad_piece =
    The photo changed while it was read.
    The rest is kept. Choose the photo again.
refusal-missing_place =
    The report has no place yet.
    All of it is kept. Choose the place and send again.
refusal-missing_service =
    The report does not say what it is yet.
    All of it is kept. Choose what it is and send again.
refusal-not_refused =
    This is still on its way.
    It cannot be removed now. Wait for the city’s answer.
refusal-draft_exists =
    Another report is not finished yet.
    Both are kept on this device. Send or discard that one first, then change this one.
refusal-store_newer =
    A newer Mend wrote the data on this device.
    Nothing was touched. Update Mend to open it.
refusal-store_foreign =
    The data folder belongs to another program.
    Nothing was touched. Start Mend with another folder.
refusal-store_damaged =
    The data on this device is damaged.
    Nothing was deleted. Call the service line before you go on.
refusal-store_failed =
    This could not be saved on this device.
    What you see is still on the screen. Try again.
refusal-disk_full =
    This device has no space left.
    What was saved before is safe. Free some space and try again.
refusal-disk_failed =
    A file could not be written on this device.
    What was saved before is safe. Try again.
refusal-internal =
    Something in Mend broke off.
    What was saved is safe. Close Mend, open it again and go on.
refusal-unexpected =
    Something did not work as it should.
    What was saved is safe. Try again.
refusal-not_in_browser =
    This works in the app only.
    Nothing is lost. Open the Mend app.

## Photos
refusal-photo_not_image =
    This file is not a photo.
    Your report is kept. Choose another file, or take a photo now.
refusal-photo_format_unsupported =
    Mend cannot read { $format } photos.
    Your report is kept. Choose a JPEG, PNG or WebP, or take a photo now.
refusal-photo_truncated =
    The photo is cut off: a part of the file is missing.
    Your report is kept. Choose another photo, or take one now.
refusal-photo_too_many_pixels =
    The photo has too many pixels to read.
    Your report is kept. Choose a smaller one, or take one now.
refusal-photo_unreadable =
    The photo could not be read.
    Your report is kept. Choose another photo, or take one now.

## From the server
refusal-wrong_password =
    Name and password do not fit together.
    Check both and try again. Dispatch can give you a new password.
refusal-too_many_attempts =
    That was too often in a short time.
    Wait a while and try again; after many wrong passwords it takes 15 minutes.
refusal-account_differs =
    This device already signs for another account here.
    Sign out the other account first, then sign in again.
refusal-session_expired =
    The connection to the city has to be made again.
    Everything is kept. Try again.
refusal-nonce_expired =
    Signing in took too long.
    Try again.
refusal-busy =
    The city has much to do at this moment.
    Everything is kept on this device and goes by itself.
refusal-too_fast =
    Too much came at once.
    Everything is kept on this device and goes by itself.
refusal-server_away =
    The city’s server does not answer at this moment.
    Everything is kept on this device and goes by itself.
refusal-server_failed =
    The city’s server could not read or keep this.
    Everything is kept on this device. Try again in a moment.
refusal-photo_wrong_hash =
    The photo did not arrive as it left.
    It is kept on this device and is sent again by itself.
refusal-photo_has_metadata =
    The photo still carries details about the camera.
    It is kept on this device. Remove it and add it again.
refusal-upload_offset =
    The city has { $offset } bytes of this photo.
    It is kept on this device and goes on there by itself.
refusal-upload_type =
    The photo came in another form than the city reads.
    It is kept on this device.
refusal-upload_version =
    The photo came by other rules than the city knows.
    It is kept on this device.
refusal-body_too_large =
    This is more than the city takes at once.
    It is kept on this device. Send it in smaller parts.
refusal-body_cut =
    The connection broke off on the way.
    Everything is kept on this device and is sent again by itself.
refusal-bad_request =
    The city could not read what was asked.
    Nothing is lost. Update Mend and try again.
refusal-method_not_allowed =
    The city’s server does not know this way of asking.
    Nothing is lost. Update Mend and try again.
refusal-host_not_allowed =
    The city’s server does not answer under this address.
    Nothing is lost. Use the address that the city gave you.
refusal-origin_not_allowed =
    The city’s server does not answer to this page.
    Nothing is lost. Use the address that the city gave you.
refusal-bad_code =
    This is not a tracking code.
    Check the receipt and type it again.
refusal-code_mistyped =
    One letter or digit of the code is wrong, or two are swapped.
    Check the receipt and type it again.
