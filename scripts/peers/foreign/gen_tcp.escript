#!/usr/bin/env escript
%% A process of Erlang per client, with passive sockets: nothing is read from a client that does not read its echo.
%%
%%     escript gen_tcp.escript PORT
-mode(compile).

main([Port]) ->
    {ok, Listener} = gen_tcp:listen(list_to_integer(Port), [
        binary,
        {ip, {127, 0, 0, 1}},
        {active, false},
        {reuseaddr, true},
        {nodelay, true},
        {backlog, 4096},
        %% Otherwise the echo that a client is owed would be lost when the client ends its half.
        {exit_on_close, false}
    ]),
    accept(Listener).

accept(Listener) ->
    case gen_tcp:accept(Listener) of
        {ok, Client} ->
            Pid = spawn(fun() -> receive go -> serve(Client) end end),
            ok = gen_tcp:controlling_process(Client, Pid),
            Pid ! go;
        {error, _} ->
            %% No descriptor is free. Without a pause the loop would use a whole CPU. `timer:sleep` would do the same,
            %% but the module `timer` may not be loaded yet, and loading it needs a descriptor.
            receive after 100 -> ok end
    end,
    accept(Listener).

serve(Client) ->
    case gen_tcp:recv(Client, 0) of
        {ok, Data} ->
            case gen_tcp:send(Client, Data) of
                ok -> serve(Client);
                {error, _} -> gen_tcp:close(Client)
            end;
        {error, _} ->
            gen_tcp:close(Client)
    end.
