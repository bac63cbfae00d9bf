#!/usr/bin/env escript
%% Datagrams in Erlang, with a passive socket.
%%
%%     escript gen_udp.escript PORT
-mode(compile).

main([Port]) ->
    {ok, Socket} = gen_udp:open(list_to_integer(Port), [
        binary,
        {ip, {127, 0, 0, 1}},
        {active, false},
        {buffer, 65536},
        %% Erlang sets 8 KiB by default, and the kernel would drop most datagrams of a burst.
        {recbuf, 1048576}
    ]),
    serve(Socket).

serve(Socket) ->
    {ok, {Address, Port, Data}} = gen_udp:recv(Socket, 0),
    _ = gen_udp:send(Socket, Address, Port, Data), %% The reply may be lost, as any datagram may be.
    serve(Socket).
