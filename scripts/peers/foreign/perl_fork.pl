# A process per client.
#
#     perl perl_fork.pl PORT
use strict;
use warnings;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);

$SIG{CHLD} = 'IGNORE';    # The kernel reaps the children that have ended.
$SIG{PIPE} = 'IGNORE';    # A client that has disconnected shows as an error of syswrite.
my $listener = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1',
    LocalPort => $ARGV[0],
    Listen    => 4096,
    ReuseAddr => 1,
) or die "cannot listen: $@";

while (1) {
    my $client = $listener->accept;
    if (!$client) {
        select undef, undef, undef, 0.1;    # No descriptor is free. Without a pause the loop would use a whole CPU.
        next;
    }
    my $child = fork;
    while (!defined $child) {
        select undef, undef, undef, 0.1;    # No process is free; the client waits.
        $child = fork;
    }
    if ($child == 0) {
        close $listener;    # Otherwise the children would keep the port in use after the server has ended.
        serve($client);
        exit;
    }
    close $client;          # The child has the socket.
}

sub serve {
    my ($client) = @_;
    setsockopt $client, IPPROTO_TCP, TCP_NODELAY, 1;
    while (sysread $client, my $data, 16384) {
        while (length $data) {
            my $sent = syswrite $client, $data;
            return unless defined $sent;    # The client has disconnected.
            substr $data, 0, $sent, '';
        }
    }
}
