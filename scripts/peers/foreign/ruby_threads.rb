# A thread per client. The interpreter lock lets one of them run at a time.
#
#     ruby ruby_threads.rb PORT
require 'socket'

def serve(client)
  client.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
  loop { client.write(client.readpartial(16_384)) } # `write` sends all of it.
rescue IOError, SystemCallError
  # The client has sent its last byte (EOFError is an IOError), or it has disconnected.
ensure
  client.close
end

listener = TCPServer.new('127.0.0.1', ARGV[0].to_i)
listener.listen(4096)
loop do
  client = listener.accept
  Thread.new(client) { |stream| serve(stream) }
rescue Errno::EMFILE, Errno::ENFILE, ThreadError
  client&.close
  sleep 0.1 # No descriptor is free. Without a pause the loop would use a whole CPU.
end
