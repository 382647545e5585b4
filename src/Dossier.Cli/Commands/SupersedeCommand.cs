using System.CommandLine;
using Dossier.Cli.Printing;
using Google.Protobuf;

namespace Dossier.Cli.Commands;

/// <summary><c>dossier supersede</c>: replaces an agreement by another one, both in one step.</summary>
internal sealed class SupersedeCommand : AgreementChange
{
    private readonly AgreementOptions _agreement;

    // --reason is why dunning stops, of --dunning-block.
    private readonly Option<string> _why = new("--why") { Description = "Why it is replaced", HelpName = "text", Required = true };
    private readonly Option<string?> _informedBy = Arg.Text("--informed-by", "The channel by which the customer was told, for example phone", "slug");
    private readonly Option<bool> _notInformed = Arg.Flag("--not-informed", "The customer was not told");

    public SupersedeCommand(GlobalOptions globals) : base(globals, "supersede",
        "Replaces an agreement by a new one, which is typed as for agree; the old one binds until the new one does.",
        "dossier supersede 1042/ID --dunning-block --reason disputed --until 2026-12-01 --whole-customer --why \"It takes longer\" --informed-by phone")
    {
        _agreement = new AgreementOptions(this, globals);
        Options.Add(_why);
        Options.Add(_informedBy);
        Options.Add(_notInformed);
    }

    public SupersedeAgreementRequest Request(ParseResult line, string name)
    {
        var channel = line.GetValue(_informedBy);
        return channel is null == !line.GetValue(_notInformed)
            ? throw CommandException.Usage("say whether the customer was told: --informed-by CHANNEL or --not-informed")
            : new SupersedeAgreementRequest
            {
                Name = name,
                Agreement = _agreement.Read(line, string.Join('/', name.Split('/').Take(2))),
                Reason = line.GetValue(_why)!,
                CustomerInformed = new CustomerInformed { Informed = channel is not null, Channel = channel ?? "" },
            };
    }

    protected override void Check(ParseResult line, string name) => Request(line, name);

    protected override async Task<(IMessage Answer, Agreement Agreement)> ChangeAsync(
        Session session, ParseResult line, Change change, CancellationToken cancellation)
    {
        var request = Request(line, change.Name);
        (request.Etag, request.RequestId, request.ValidateOnly) = (change.Etag, change.RequestId, change.ValidateOnly);
        var answer = await session.Agreements.SupersedeAgreementAsync(request, session.With(cancellation));
        return (answer, answer.Agreement);
    }

    protected override void Print(Screen screen, IMessage answer)
    {
        var old = ((SupersedeAgreementResponse)answer).Superseded;
        screen.Line($"In place of {Names.Short(old.Name)}, which is {Words.Code(old.State)}.");
    }
}
