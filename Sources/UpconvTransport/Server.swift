import Dispatch
import Glibc
package import Logging
import Synchronization
package import UpconvHTTP
package import UpconvScheduling
import UpconvSystem

/// An HTTP/1.1 server: event loops on long-lived serial Dispatch queues, jobs on a bounded compute queue.
package final class Server: Sendable {
  private let listener: Listener
  private let pollers: [Poller]
  private let mailboxes: [LoopMailbox]
  private let running = DispatchGroup()
  private let configuration: ServerConfiguration
  private let handler: any RequestHandler
  private let compute: ComputeQueue
  private let logger: Logger
  /// For files, loops, and connections that are only told that there is no room.
  private static let descriptorsKeptBack = 128

  /// Takes the port, and serves from here on.
  /// - Parameters:
  ///   - compute: where jobs run; the handler may use it too.
  ///   - listens: false if the kernel is to refuse connections until `listen` is called.
  /// - Throws: `ListenError` if the port cannot be had.
  package init(
    configuration: ServerConfiguration, handler: any RequestHandler, compute: ComputeQueue, logger: Logger,
    listens: Bool = true
  ) throws(ListenError) {
    listener = try Listener(
      address: configuration.address, port: configuration.port, isShared: configuration.sharesPort)
    var configuration = configuration
    let descriptors = DescriptorAllowance.raise()
    if configuration.maxConnections > descriptors - Server.descriptorsKeptBack {
      configuration.maxConnections = max(1, descriptors - Server.descriptorsKeptBack)
      logger.notice(
        "the system allows fewer descriptors than connections are allowed",
        metadata: ["descriptors": "\(descriptors)", "connections": "\(configuration.maxConnections)"])
    }
    self.configuration = configuration
    self.handler = handler
    self.compute = compute
    self.logger = logger
    var pollers: [Poller] = []
    var mailboxes: [LoopMailbox] = []
    for _ in 0..<max(1, configuration.eventLoops) {
      pollers.append(try Poller())
      mailboxes.append(try LoopMailbox())
    }
    self.pollers = pollers
    self.mailboxes = mailboxes
    compute.warmUp()
    if listens { try listen() }
  }

  /// Listens, and serves from here on. Called once, by `init` or after it.
  /// - Throws: `ListenError` if another process listens on the port.
  package func listen() throws(ListenError) {
    try listener.listen()
    for index in pollers.indices {
      // A loop never returns to its queue, so the queue is a thread with a name.
      let queue = DispatchQueue(label: "upconv.loop.\(index)", qos: .userInitiated)
      let (poller, mailbox, all) = (pollers[index], mailboxes[index], mailboxes)
      let listener = index == 0 ? listener : nil
      queue.async(group: running) { [handler, configuration, compute, logger] in
        let context = LoopContext(
          handler: handler, loop: index, configuration: configuration, compute: compute, mailbox: mailbox)
        EventLoop(
          poller: poller, mailbox: mailbox, mailboxes: all, listener: listener, context: context, logger: logger
        ).run()
      }
    }
  }

  /// The port that it listens on.
  package var port: UInt16 { listener.port }

  /// Whether only processes of this machine reach it.
  package var isLoopback: Bool { listener.isLoopback }

  /// Connections that are open now, on all loops.
  package var connectionCount: Int { mailboxes.reduce(0) { $0 + $1.connectionCount.load(ordering: .relaxed) } }

  /// Idle connections that were closed in favour of new ones since the start.
  package var madeRoomCount: Int { mailboxes.reduce(0) { $0 + $1.madeRoomCount.load(ordering: .relaxed) } }

  /// Connections that were told 503 since the start, since none was idle.
  package var refusedConnectionCount: Int { mailboxes.reduce(0) { $0 + $1.refusedCount.load(ordering: .relaxed) } }

  /// How often a connection has changed its loop.
  package var handoverCount: Int { mailboxes.reduce(0) { $0 + $1.handoverCount.load(ordering: .relaxed) } }

  /// Serves those who are connected once more, and ends what is under way within `grace`. Returns at once.
  ///
  /// No connection is lost that the system has accepted: those that wait in its queue are taken and served.
  package func stop(grace: Duration) {
    let deadline = Moment.now + grace
    // The loop that listens tells the others.
    mailboxes[0].post(.stop(by: deadline))
  }

  /// Returns when the last connection is gone after `stop`.
  package func waitUntilStopped() { running.wait() }
}
