# One thread with Tcl's event loop; `fcopy` stops reading from a client that does not read its echo.
#
#     tclsh tcl_fcopy.tcl PORT

proc accept {client address port} {
    fconfigure $client -blocking 0 -translation binary -buffering none
    fcopy $client $client -command [list done $client]
}

# The client has sent its last byte, or it has disconnected. `close` first sends what the client is still owed.
proc done {client bytes {error ""}} {
    catch {close $client}
}

socket -server accept -myaddr 127.0.0.1 [lindex $argv 0]
vwait forever
