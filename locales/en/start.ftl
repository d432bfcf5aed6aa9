# What the window says when Mend does not start. The first line says what happened; the next one
# what is kept and what to do. The id is start-CODE; what the device's own store says is in
# refusals.ftl, under the same code.

start-title = Mend cannot start
start-close = Close
start-reason = For whoever helps you ({ $code }):

start-no_data_folder =
    This system names no folder for Mend’s data.
    Nothing was changed. Start Mend with --data and a folder of yours.
start-data_folder_taken =
    Mend is already open with this data.
    Nothing is lost. Go on in the window that is open, or close it and start Mend again.
start-data_folder_unusable =
    Mend may not use the folder that its data is in.
    Nothing was changed. Check that the folder is there and that you may write in it, then start Mend again.
start-no_threads =
    This device is too busy to start Mend.
    Nothing was changed. Close other programs, or start the device again, then start Mend.
start-device_failed =
    What Mend keeps on this device could not be opened.
    Nothing was deleted. Start Mend again; if it stays, call the service line.
start-no_city_named =
    Mend was not told which city it is for.
    Nothing was changed. Start it with --server and the city’s address, or with --city and a city’s folder.
start-no_backend =
    This Mend needs the address of its city’s server.
    Nothing was changed. Start it with --server and the address that the city gave you.
start-city_faulty =
    The city’s folder has something in it that Mend cannot use.
    Nothing was changed. What it is and where stands below; put it right and start Mend again.
start-city_other =
    The data in this folder belongs to another city.
    Nothing was touched. Start Mend with that city’s folder, or with --data and another folder.
start-cannot_listen =
    Another program uses { $address }, where Mend’s backend listens.
    Nothing was changed. End that program, or start Mend with --listen and another address.
start-backend_failed =
    The backend inside Mend does not start.
    Nothing was deleted. Start Mend again; if it stays, the reason below helps whoever looks into it.
start-window_failed =
    The window cannot be opened.
    Nothing is lost. Start Mend again; if it stays, start the device again.
